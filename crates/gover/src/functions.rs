//! Numbers the runtime gives to functions, pcdata and funcdata.

use crate::GoLayout;

/// `FuncFlagTopFrame`: tracebacks stop here, successfully.
pub const FUNC_FLAG_TOP_FRAME: u8 = 1 << 0;
/// `FuncFlagSPWrite`: writes the stack pointer, so tracebacks cannot go on.
pub const FUNC_FLAG_SP_WRITE: u8 = 1 << 1;
/// `FuncFlagAsm`: written in assembly.
pub const FUNC_FLAG_ASM: u8 = 1 << 2;

/// `ArgsSizeUnknown`: the argument size of functions that do not say.
pub const ARGS_SIZE_UNKNOWN: i32 = i32::MIN;

/// FuncIDs (`internal/abi/symtab.go`, `cmd/internal/objabi/funcid.go`).
#[derive(Clone, Copy, Debug)]
pub struct FuncIds {
    /// Not a special function.
    pub normal: u8,
    /// Generated code, left out of tracebacks.
    pub wrapper: u8,
    /// Function name without `runtime.` → its FuncID.
    pub by_name: &'static [(&'static str, u8)],
}

/// Indices of pcdata tables (`PCDATA_*`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct PcdataNumbers {
    pub unsafe_point: u32,
    pub stack_map_index: u32,
    pub inl_tree_index: u32,
    pub arg_live_index: u32,
}

/// Indices of funcdata (`FUNCDATA_*`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct FuncdataNumbers {
    pub args_pointer_maps: u32,
    pub locals_pointer_maps: u32,
    pub stack_objects: u32,
    pub inl_tree: u32,
    pub open_coded_defer_info: u32,
    pub arg_info: u32,
    pub arg_live_info: u32,
    pub wrap_info: u32,
}

/// Numbers of the pclntab and findfunctab.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PclntabNumbers {
    /// First four bytes of the header (`CurrentPCLnTabMagic`).
    pub magic: u32,
    /// Smallest distance between functions, in bytes (`MINFUNC`).
    pub min_func: u32,
    /// Bytes of text per findfunctab bucket (`FuncTabBucketSize`).
    pub bucket_size: u32,
}

impl GoLayout {
    /// The FuncID of a function by its qualified name (`objabi.GetFuncID`).
    pub fn func_id(&self, name: &str, is_wrapper: bool) -> u8 {
        if is_wrapper {
            return self.func_ids.wrapper;
        }
        name.strip_prefix("runtime.")
            .and_then(|name| self.func_ids.by_name.iter().find(|(n, _)| *n == name))
            .map_or(self.func_ids.normal, |&(_, id)| id)
    }
}

#[cfg(test)]
mod tests {
    use crate::RELEASES;

    #[test]
    fn func_ids_by_name() {
        for layout in RELEASES {
            assert_eq!(layout.func_id("runtime.abort", false), 1);
            assert_eq!(layout.func_id("main.main", false), layout.func_ids.normal);
            assert_eq!(
                layout.func_id("runtime.abort", true),
                layout.func_ids.wrapper
            );
            assert_eq!(
                layout.func_id("runtime.deferreturn", false),
                layout.func_ids.wrapper
            );
            assert_ne!(
                layout.func_id("runtime.main", false),
                layout.func_ids.normal
            );
        }
    }
}
