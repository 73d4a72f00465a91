//! Code compiled twice: for any processor, and for those that shift by a number in a register without
//! touching the flags (x86-64 with BMI2, which is nearly all there are). Writing codes is little else
//! than such shifts.

/// Whether the processor is one of those.
#[inline(always)]
pub(crate) fn has_bmi() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Defines a function that does what another one does, which must be `#[inline(always)]`, compiled for
/// both kinds of processors.
macro_rules! tuned {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $out:ty = $inner:path;) => {
        $(#[$doc])*
        #[allow(unsafe_code)]
        fn $name($($arg: $type),*) -> $out {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "bmi1,bmi2,lzcnt")]
                fn with_bmi($($arg: $type),*) -> $out {
                    $inner($($arg),*)
                }
                if $crate::cpu::has_bmi() {
                    // SAFETY: the processor has the features.
                    return unsafe { with_bmi($($arg),*) };
                }
            }
            $inner($($arg),*)
        }
    };
}
pub(crate) use tuned;

#[cfg(test)]
mod tests {
    #[inline(always)]
    fn mix(x: u64) -> u64 {
        let n = x & 63;
        (x << n | x >> (63 - n)) ^ u64::from(x.trailing_zeros() << 8 | x.leading_zeros())
    }

    tuned! {
        fn tuned_mix(x: u64) -> u64 = mix;
    }

    /// The same instructions mean the same either way.
    #[test]
    fn tuned_code_does_the_same() {
        for x in [0, 1, 2, 63, 1 << 63, 0x1234_5678_9abc_def0, !0] {
            assert_eq!(tuned_mix(x), mix(x), "{x:#x}");
        }
    }
}
