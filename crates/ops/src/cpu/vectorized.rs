//! Functions that are compiled for several instruction sets.

use std::sync::OnceLock;

/// Defines functions of which the processor's widest version runs: with 512-bit vectors (x86-64-v4), with 256-bit vectors
/// and fused multiplication and addition (x86-64-v3), or with what every processor of the architecture has.
///
/// What such a function calls must be `#[inline(always)]`, or it is compiled for the last of these only.
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
                // SAFETY: the processor has the features that the function is compiled for.
                #[expect(unsafe_code, reason = "only the processor that runs the program knows what it has")]
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

/// A version of vectorized functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    V3,
    #[cfg(target_arch = "x86_64")]
    V4,
}

impl Level {
    /// Returns the widest version that the processor can run.
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

/// Returns the name of the instructions that vectorized functions use on this processor: results are the same to the last bit on
/// processors with the same ones.
pub fn instructions() -> &'static str {
    match Level::of_processor() {
        #[cfg(target_arch = "x86_64")]
        Level::V4 => "x86-64-v4",
        #[cfg(target_arch = "x86_64")]
        Level::V3 => "x86-64-v3",
        Level::Portable => std::env::consts::ARCH,
    }
}
