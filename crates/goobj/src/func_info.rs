//! The data of a `FuncInfo` auxiliary symbol (`cmd/internal/goobj/funcinfo.go`).

use crate::{SymRef, u32_at};

const FIXED: usize = 20;
const NODE: usize = 24;

/// What the compiler says of one function.
#[derive(Clone, Copy, Debug)]
pub struct FuncInfo<'a> {
    data: &'a [u8],
    n_file: u32,
    n_inl: u32,
}

/// One inlined call.
#[derive(Clone, Copy, Debug)]
pub struct InlTreeNode {
    /// Index of the call this one was inlined into, or -1.
    pub parent: i32,
    /// File index of the call, in the unit's file table.
    pub file: u32,
    /// Line of the call.
    pub line: i32,
    /// The inlined function.
    pub func: SymRef,
    /// Offset of the call from the start of the containing function, in bytes.
    pub parent_pc: i32,
}

impl<'a> FuncInfo<'a> {
    /// Reads the table lengths; `None` when `data` is too short for what it announces.
    pub fn open(data: &'a [u8]) -> Option<FuncInfo<'a>> {
        let n_file = u32::from_le_bytes(data.get(16..20)?.try_into().ok()?);
        let at = FIXED + 4 * n_file as usize;
        let n_inl = u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?);
        data.get(at + 4..at + 4 + NODE * n_inl as usize)?;
        Some(FuncInfo {
            data,
            n_file,
            n_inl,
        })
    }
    /// Size of the arguments in bytes.
    #[inline]
    pub fn args(&self) -> u32 {
        u32_at(self.data, 0)
    }
    /// Size of the locals in bytes.
    #[inline]
    pub fn locals(&self) -> u32 {
        u32_at(self.data, 4)
    }
    /// `internal/abi.FuncID`.
    #[inline]
    pub fn func_id(&self) -> u8 {
        self.data[8]
    }
    /// `internal/abi.FuncFlag`.
    #[inline]
    pub fn func_flag(&self) -> u8 {
        self.data[9]
    }
    /// First line of the function.
    #[inline]
    pub fn start_line(&self) -> i32 {
        u32_at(self.data, 12) as i32
    }
    /// Indices into the unit's file table of the files the function has lines in.
    #[inline]
    pub fn files(&self) -> impl ExactSizeIterator<Item = u32> + Clone + use<'a> {
        self.data[FIXED..FIXED + 4 * self.n_file as usize]
            .chunks_exact(4)
            .map(|c| u32::from_le_bytes(c.try_into().unwrap()))
    }
    /// Number of inlined calls.
    #[inline]
    pub fn n_inl_tree(&self) -> u32 {
        self.n_inl
    }
    /// The inlined calls, in order.
    pub fn inl_tree(&self) -> impl ExactSizeIterator<Item = InlTreeNode> + Clone + use<'a> {
        let at = FIXED + 4 * self.n_file as usize + 4;
        self.data[at..at + NODE * self.n_inl as usize]
            .chunks_exact(NODE)
            .map(|c| InlTreeNode {
                parent: u32_at(c, 0) as i32,
                file: u32_at(c, 4),
                line: u32_at(c, 8) as i32,
                func: SymRef {
                    pkg: u32_at(c, 12),
                    idx: u32_at(c, 16),
                },
                parent_pc: u32_at(c, 20) as i32,
            })
    }
}
