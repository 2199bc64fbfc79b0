//! The programs' allocator, and the memory of this process as Linux counts it.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The number of mimalloc's option `purge_delay`, which its crate does not name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Milliseconds after which freed memory goes back to the system. By mimalloc's default, a second, data and what it was read
/// from add up.
const SOON: std::ffi::c_long = 10;

/// Gives freed memory back to the system sooner. Call it first in `main`, before there are threads.
#[expect(
    unsafe_code,
    reason = "measured: a training takes an eighth less memory, with a large data set a quarter"
)]
pub fn return_freed_soon() {
    // SAFETY: the call writes a number that other threads may read at the same time, and there are none yet.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, SOON) }
}

/// Returns the peak resident memory of the process in MiB. Known on Linux only.
pub fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// Sets the peak to the memory that is resident now. Returns whether the system allows it.
pub fn reset_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(unsafe_code, reason = "reads an option")]
    fn the_option_of_that_number_is_the_delay() {
        if std::env::var_os("MIMALLOC_PURGE_DELAY").is_some() {
            return;
        }
        // SAFETY: nothing writes an option meanwhile.
        let delay = || unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) };
        assert_eq!(delay(), 1000, "the default of mimalloc 3");
        return_freed_soon();
        assert_eq!(delay(), SOON);
    }
}
