//! Functions that are compiled for several instruction sets.

use std::sync::OnceLock;

/// Defines functions that are compiled for several instruction sets. Each call runs the widest version that the
/// processor supports: 512-bit vectors (x86-64-v4), 256-bit vectors with fused multiply-add (x86-64-v3), or the
/// baseline of the architecture.
///
/// Functions that they call must be `#[inline(always)]`, otherwise those are compiled for the baseline only.
macro_rules! vectorized {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident $(<const $size:ident: usize>)? (
        $($argument:ident: $type:ty),* $(,)?
    ) $(-> $result:ty)? $body:block)*) => {$(
        $(#[$meta])*
        $vis fn $name $(<const $size: usize>)? ($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn portable $(<const $size: usize>)? ($($argument: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi1,bmi2")]
                fn v4 $(<const $size: usize>)? ($($argument: $type),*) $(-> $result)? {
                    portable $(::<$size>)? ($($argument),*)
                }

                #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
                fn v3 $(<const $size: usize>)? ($($argument: $type),*) $(-> $result)? {
                    portable $(::<$size>)? ($($argument),*)
                }

                use $crate::cpu::Level;
                // SAFETY: the processor supports the features that the function is compiled for.
                #[expect(unsafe_code, reason = "the features of the processor are known at run time only")]
                match Level::of_processor() {
                    Level::V4 => return unsafe { v4 $(::<$size>)? ($($argument),*) },
                    Level::V3 => return unsafe { v3 $(::<$size>)? ($($argument),*) },
                    Level::Portable => {}
                }
            }
            portable $(::<$size>)? ($($argument),*)
        }
    )*};
}

pub(crate) use vectorized;

/// An instruction set of vectorized functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    V3,
    #[cfg(target_arch = "x86_64")]
    V4,
}

impl Level {
    /// Returns the widest instruction set that the processor supports.
    #[inline]
    pub(crate) fn of_processor() -> Self {
        static LEVEL: OnceLock<Level> = OnceLock::new();
        *LEVEL.get_or_init(Self::detect)
    }

    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2") {
                let wide = has!("avx512f")
                    && has!("avx512bw")
                    && has!("avx512cd")
                    && has!("avx512dq")
                    && has!("avx512vl");
                return if wide { Self::V4 } else { Self::V3 };
            }
        }
        Self::Portable
    }
}

/// Returns the name of the instruction set that vectorized functions use on this processor. Results are identical bit
/// by bit on processors with the same instruction set.
pub fn instructions() -> &'static str {
    match Level::of_processor() {
        #[cfg(target_arch = "x86_64")]
        Level::V4 => "x86-64-v4",
        #[cfg(target_arch = "x86_64")]
        Level::V3 => "x86-64-v3",
        Level::Portable => std::env::consts::ARCH,
    }
}
