//! Abbreviations: the section `.debug_abbrev` and the codes that DIEs begin with.
//!
//! Compiler and linker share one table (`cmd/internal/dwarf/dwarf.go`: `abbrevs` and `putvarAbbrevs`),
//! and the section has all of it whatever the program uses. The forms of a few attributes depend on
//! the DWARF version and the operating system.

use crate::encode::Sink;
use gover::{BuiltinTypes, FunctionResults, GoLayout, VariableAbbrevs};

/// Codes of the DIEs that the linker makes.
pub(crate) mod code {
    pub const COMPUNIT: u8 = 1;
    pub const COMPUNIT_TEXTLESS: u8 = 2;
    pub const STRUCTFIELD: u8 = 14;
    pub const FUNCTYPEPARAM: u8 = 15;
    pub const FUNCTYPEOUTPARAM: u8 = 16;
    pub const DOTDOTDOT: u8 = 17;
    pub const ARRAYRANGE: u8 = 18;
    pub const NULLTYPE: u8 = 19;
    pub const BASETYPE: u8 = 20;
    pub const ARRAYTYPE: u8 = 21;
    pub const CHANTYPE: u8 = 22;
    pub const FUNCTYPE: u8 = 23;
    pub const IFACETYPE: u8 = 24;
    pub const MAPTYPE: u8 = 25;
    pub const PTRTYPE: u8 = 26;
    pub const BARE_PTRTYPE: u8 = 27;
    pub const SLICETYPE: u8 = 28;
    pub const STRINGTYPE: u8 = 29;
    pub const STRUCTTYPE: u8 = 30;
    pub const TYPEDECL: u8 = 31;
}

/// The codes of a release. Those above are of releases that have all abbreviations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Codes {
    /// Whether results of functions have an abbreviation of their own.
    results: bool,
    /// Whether variables come before blocks.
    early_variables: bool,
    /// Whether `uintptr` has the address of its descriptor, and `unsafe.Pointer` nothing.
    pub(crate) address: bool,
}

impl Codes {
    pub(crate) fn new(gover: &GoLayout) -> Codes {
        Codes {
            results: gover.function_results == FunctionResults::Own,
            early_variables: gover.variable_abbrevs == VariableAbbrevs::Early,
            address: gover.builtin_types == BuiltinTypes::ByAddress,
        }
    }

    /// The release's code for one of those above.
    #[inline]
    pub(crate) fn number(self, code: u8) -> u8 {
        let variables = match self.early_variables && code >= FIRST_BLOCK {
            true => EARLY_VARIABLES.len() as u8,
            false => 0,
        };
        code + variables - u8::from(!self.results && code > code::FUNCTYPEOUTPARAM)
    }
}

/// How an attribute is encoded, before version and platform are known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Addr,
    Block1,
    Data1,
    Data4,
    Flag,
    RefAddr,
    SData,
    SecOffset,
    String,
    UData,
    /// Line of a call: four bytes where dsymutil reads it.
    CallLine,
    /// Start of a function: an index into `.debug_addr` from DWARF 5 on.
    LowPc,
    /// End of a function: its length from DWARF 5 on.
    HighPc,
}

const NAME: u16 = 0x03;
const LOCATION: u16 = 0x02;
const BYTE_SIZE: u16 = 0x0b;
const STMT_LIST: u16 = 0x10;
const LOW_PC: u16 = 0x11;
const HIGH_PC: u16 = 0x12;
const LANGUAGE: u16 = 0x13;
const COMP_DIR: u16 = 0x1b;
const CONST_VALUE: u16 = 0x1c;
const INLINE: u16 = 0x20;
const PRODUCER: u16 = 0x25;
const ABSTRACT_ORIGIN: u16 = 0x31;
const COUNT: u16 = 0x37;
const DATA_MEMBER_LOCATION: u16 = 0x38;
const DECL_FILE: u16 = 0x3a;
const DECL_LINE: u16 = 0x3b;
const ENCODING: u16 = 0x3e;
const EXTERNAL: u16 = 0x3f;
const FRAME_BASE: u16 = 0x40;
const TYPE: u16 = 0x49;
const VARIABLE_PARAMETER: u16 = 0x4b;
const RANGES: u16 = 0x55;
const TRAMPOLINE: u16 = 0x56;
const CALL_FILE: u16 = 0x58;
const CALL_LINE: u16 = 0x59;
const ADDR_BASE: u16 = 0x73;
const GO_KIND: u16 = 0x2900;
const GO_KEY: u16 = 0x2901;
const GO_ELEM: u16 = 0x2902;
const GO_EMBEDDED_FIELD: u16 = 0x2903;
const GO_RUNTIME_TYPE: u16 = 0x2904;
const GO_PACKAGE_NAME: u16 = 0x2905;
const GO_DICT_INDEX: u16 = 0x2906;
const GO_CLOSURE_OFFSET: u16 = 0x2907;

const TAG_ARRAY_TYPE: u8 = 0x01;
const TAG_FORMAL_PARAMETER: u8 = 0x05;
const TAG_LEXICAL_BLOCK: u8 = 0x0b;
const TAG_MEMBER: u8 = 0x0d;
const TAG_POINTER_TYPE: u8 = 0x0f;
const TAG_COMPILE_UNIT: u8 = 0x11;
const TAG_STRUCTURE_TYPE: u8 = 0x13;
const TAG_SUBROUTINE_TYPE: u8 = 0x15;
const TAG_TYPEDEF: u8 = 0x16;
const TAG_UNSPECIFIED_PARAMETERS: u8 = 0x18;
const TAG_INLINED_SUBROUTINE: u8 = 0x1d;
const TAG_SUBRANGE_TYPE: u8 = 0x21;
const TAG_BASE_TYPE: u8 = 0x24;
const TAG_CONSTANT: u8 = 0x27;
const TAG_SUBPROGRAM: u8 = 0x2e;
const TAG_VARIABLE: u8 = 0x34;
const TAG_UNSPECIFIED_TYPE: u8 = 0x3b;

const NO: bool = false;
const YES: bool = true;

/// Tag, whether there are children, attributes.
type Abbrev = (u8, bool, &'static [(u16, Form)]);

use Form::*;

/// Code of the first block in [`TABLE`], in front of which variables were once.
const FIRST_BLOCK: u8 = 12;

/// Number of entries in [`TABLE`] that are not of variables, which are last.
const BEFORE_VARIABLES: usize = 32;

/// Locals and parameters of releases that have them early: with one location, with a location list, in
/// abstract functions, concrete with one, concrete with a list.
#[rustfmt::skip]
static EARLY_VARIABLES: &[Abbrev] = &[
    (TAG_VARIABLE, NO, &[(NAME, String), (DECL_LINE, UData), (TYPE, RefAddr), (LOCATION, Block1)]),
    (TAG_VARIABLE, NO, &[(NAME, String), (DECL_LINE, UData), (TYPE, RefAddr), (LOCATION, SecOffset)]),
    (TAG_VARIABLE, NO, &[(NAME, String), (DECL_LINE, UData), (TYPE, RefAddr)]),
    (TAG_VARIABLE, NO, &[(ABSTRACT_ORIGIN, RefAddr), (LOCATION, Block1)]),
    (TAG_VARIABLE, NO, &[(ABSTRACT_ORIGIN, RefAddr), (LOCATION, SecOffset)]),
    (TAG_FORMAL_PARAMETER, NO, &[(NAME, String), (VARIABLE_PARAMETER, Flag), (DECL_LINE, UData),
        (TYPE, RefAddr), (LOCATION, Block1)]),
    (TAG_FORMAL_PARAMETER, NO, &[(NAME, String), (VARIABLE_PARAMETER, Flag), (DECL_LINE, UData),
        (TYPE, RefAddr), (LOCATION, SecOffset)]),
    (TAG_FORMAL_PARAMETER, NO, &[(NAME, String), (VARIABLE_PARAMETER, Flag), (TYPE, RefAddr)]),
    (TAG_FORMAL_PARAMETER, NO, &[(ABSTRACT_ORIGIN, RefAddr), (LOCATION, Block1)]),
    (TAG_FORMAL_PARAMETER, NO, &[(ABSTRACT_ORIGIN, RefAddr), (LOCATION, SecOffset)]),
];

/// The table; the first entry has code 1.
#[rustfmt::skip]
static TABLE: &[Abbrev] = &[
    // A unit with functions. The address base is of version 5 only.
    (TAG_COMPILE_UNIT, YES, &[(NAME, String), (LANGUAGE, Data1), (STMT_LIST, SecOffset), (LOW_PC, Addr),
        (RANGES, SecOffset), (COMP_DIR, String), (PRODUCER, String), (GO_PACKAGE_NAME, String),
        (ADDR_BASE, SecOffset)]),
    // A unit without functions.
    (TAG_COMPILE_UNIT, YES, &[(NAME, String), (LANGUAGE, Data1), (COMP_DIR, String), (PRODUCER, String),
        (GO_PACKAGE_NAME, String)]),
    // Functions: ordinary, wrapper, abstract, concrete, concrete wrapper.
    (TAG_SUBPROGRAM, YES, &[(NAME, String), (LOW_PC, LowPc), (HIGH_PC, HighPc), (FRAME_BASE, Block1),
        (DECL_FILE, Data4), (DECL_LINE, UData), (EXTERNAL, Flag)]),
    (TAG_SUBPROGRAM, YES, &[(NAME, String), (LOW_PC, LowPc), (HIGH_PC, HighPc), (FRAME_BASE, Block1),
        (TRAMPOLINE, Flag)]),
    (TAG_SUBPROGRAM, YES, &[(NAME, String), (INLINE, Data1), (DECL_LINE, UData), (EXTERNAL, Flag)]),
    (TAG_SUBPROGRAM, YES, &[(ABSTRACT_ORIGIN, RefAddr), (LOW_PC, LowPc), (HIGH_PC, HighPc),
        (FRAME_BASE, Block1)]),
    (TAG_SUBPROGRAM, YES, &[(ABSTRACT_ORIGIN, RefAddr), (LOW_PC, LowPc), (HIGH_PC, HighPc),
        (FRAME_BASE, Block1), (TRAMPOLINE, Flag)]),
    // Inlined calls: one range, several ranges.
    (TAG_INLINED_SUBROUTINE, YES, &[(ABSTRACT_ORIGIN, RefAddr), (LOW_PC, LowPc), (HIGH_PC, HighPc),
        (CALL_FILE, Data4), (CALL_LINE, CallLine)]),
    (TAG_INLINED_SUBROUTINE, YES, &[(ABSTRACT_ORIGIN, RefAddr), (RANGES, SecOffset), (CALL_FILE, Data4),
        (CALL_LINE, CallLine)]),
    // Global variable, integer constant.
    (TAG_VARIABLE, NO, &[(NAME, String), (LOCATION, Block1), (TYPE, RefAddr), (EXTERNAL, Flag)]),
    (TAG_CONSTANT, NO, &[(NAME, String), (TYPE, RefAddr), (CONST_VALUE, SData)]),
    // Blocks: several ranges, one range.
    (TAG_LEXICAL_BLOCK, YES, &[(RANGES, SecOffset)]),
    (TAG_LEXICAL_BLOCK, YES, &[(LOW_PC, Addr), (HIGH_PC, Addr)]),
    // Parts of types.
    (TAG_MEMBER, NO, &[(NAME, String), (DATA_MEMBER_LOCATION, UData), (TYPE, RefAddr),
        (GO_EMBEDDED_FIELD, Flag)]),
    (TAG_FORMAL_PARAMETER, NO, &[(TYPE, RefAddr)]),
    (TAG_FORMAL_PARAMETER, NO, &[(VARIABLE_PARAMETER, Flag), (TYPE, RefAddr)]),
    (TAG_UNSPECIFIED_PARAMETERS, NO, &[]),
    (TAG_SUBRANGE_TYPE, NO, &[(TYPE, RefAddr), (COUNT, UData)]),
    // Types.
    (TAG_UNSPECIFIED_TYPE, NO, &[(NAME, String)]),
    (TAG_BASE_TYPE, NO, &[(NAME, String), (ENCODING, Data1), (BYTE_SIZE, Data1), (GO_KIND, Data1),
        (GO_RUNTIME_TYPE, Addr)]),
    (TAG_ARRAY_TYPE, YES, &[(NAME, String), (TYPE, RefAddr), (BYTE_SIZE, UData), (GO_KIND, Data1),
        (GO_RUNTIME_TYPE, Addr)]),
    (TAG_TYPEDEF, NO, &[(NAME, String), (TYPE, RefAddr), (GO_KIND, Data1), (GO_RUNTIME_TYPE, Addr),
        (GO_ELEM, RefAddr)]),
    (TAG_SUBROUTINE_TYPE, YES, &[(NAME, String), (BYTE_SIZE, UData), (GO_KIND, Data1),
        (GO_RUNTIME_TYPE, Addr)]),
    (TAG_TYPEDEF, YES, &[(NAME, String), (TYPE, RefAddr), (GO_KIND, Data1), (GO_RUNTIME_TYPE, Addr)]),
    (TAG_TYPEDEF, NO, &[(NAME, String), (TYPE, RefAddr), (GO_KIND, Data1), (GO_RUNTIME_TYPE, Addr),
        (GO_KEY, RefAddr), (GO_ELEM, RefAddr)]),
    (TAG_POINTER_TYPE, NO, &[(NAME, String), (TYPE, RefAddr), (GO_KIND, Data1), (GO_RUNTIME_TYPE, Addr)]),
    (TAG_POINTER_TYPE, NO, &[(NAME, String), (GO_RUNTIME_TYPE, Addr)]),
    (TAG_STRUCTURE_TYPE, YES, &[(NAME, String), (BYTE_SIZE, UData), (GO_KIND, Data1),
        (GO_RUNTIME_TYPE, Addr), (GO_ELEM, RefAddr)]),
    (TAG_STRUCTURE_TYPE, YES, &[(NAME, String), (BYTE_SIZE, UData), (GO_KIND, Data1),
        (GO_RUNTIME_TYPE, Addr)]),
    (TAG_STRUCTURE_TYPE, YES, &[(NAME, String), (BYTE_SIZE, UData), (GO_KIND, Data1),
        (GO_RUNTIME_TYPE, Addr)]),
    (TAG_TYPEDEF, NO, &[(NAME, String), (TYPE, RefAddr)]),
    // A type parameter's entry in the dictionary.
    (TAG_TYPEDEF, NO, &[(NAME, String), (TYPE, RefAddr), (GO_DICT_INDEX, UData)]),
    // Locals and parameters: in abstract functions; then concrete, captured and other ones, each
    // with a location list and with one location.
    (TAG_VARIABLE, NO, &[(NAME, String), (DECL_LINE, UData), (TYPE, RefAddr)]),
    (TAG_FORMAL_PARAMETER, NO, &[(NAME, String), (VARIABLE_PARAMETER, Flag), (TYPE, RefAddr)]),
    (TAG_VARIABLE, NO, &[(ABSTRACT_ORIGIN, RefAddr), (LOCATION, SecOffset)]),
    (TAG_VARIABLE, NO, &[(ABSTRACT_ORIGIN, RefAddr), (LOCATION, Block1)]),
    (TAG_VARIABLE, NO, &[(NAME, String), (DECL_LINE, UData), (TYPE, RefAddr), (GO_CLOSURE_OFFSET, UData),
        (LOCATION, SecOffset)]),
    (TAG_VARIABLE, NO, &[(NAME, String), (DECL_LINE, UData), (TYPE, RefAddr), (GO_CLOSURE_OFFSET, UData),
        (LOCATION, Block1)]),
    (TAG_VARIABLE, NO, &[(NAME, String), (DECL_LINE, UData), (TYPE, RefAddr), (LOCATION, SecOffset)]),
    (TAG_VARIABLE, NO, &[(NAME, String), (DECL_LINE, UData), (TYPE, RefAddr), (LOCATION, Block1)]),
    (TAG_FORMAL_PARAMETER, NO, &[(ABSTRACT_ORIGIN, RefAddr), (LOCATION, SecOffset)]),
    (TAG_FORMAL_PARAMETER, NO, &[(ABSTRACT_ORIGIN, RefAddr), (LOCATION, Block1)]),
    (TAG_FORMAL_PARAMETER, NO, &[(NAME, String), (VARIABLE_PARAMETER, Flag), (DECL_LINE, UData),
        (TYPE, RefAddr), (GO_CLOSURE_OFFSET, UData), (LOCATION, SecOffset)]),
    (TAG_FORMAL_PARAMETER, NO, &[(NAME, String), (VARIABLE_PARAMETER, Flag), (DECL_LINE, UData),
        (TYPE, RefAddr), (GO_CLOSURE_OFFSET, UData), (LOCATION, Block1)]),
    (TAG_FORMAL_PARAMETER, NO, &[(NAME, String), (VARIABLE_PARAMETER, Flag), (DECL_LINE, UData),
        (TYPE, RefAddr), (LOCATION, SecOffset)]),
    (TAG_FORMAL_PARAMETER, NO, &[(NAME, String), (VARIABLE_PARAMETER, Flag), (DECL_LINE, UData),
        (TYPE, RefAddr), (LOCATION, Block1)]),
];

/// The section `.debug_abbrev` (`cmd/internal/dwarf/dwarf.go:GetAbbrev`). `call_line_data4`: whether
/// lines of calls have four bytes.
pub(crate) fn section(codes: Codes, dwarf5: bool, call_line_data4: bool) -> Vec<u8> {
    let number = |form: Form| match form {
        Addr => 0x01,
        Block1 => 0x0a,
        Data1 => 0x0b,
        Data4 => 0x06,
        Flag => 0x0c,
        RefAddr => 0x10,
        SData => 0x0d,
        SecOffset => 0x17,
        String => 0x08,
        UData => 0x0f,
        CallLine => {
            if call_line_data4 {
                0x06
            } else {
                0x0f
            }
        }
        LowPc => {
            if dwarf5 {
                0x1b
            } else {
                0x01
            }
        }
        HighPc => {
            if dwarf5 {
                0x0f
            } else {
                0x01
            }
        }
    };
    let mut all: Vec<Abbrev> = TABLE.to_vec();
    if codes.early_variables {
        all.truncate(BEFORE_VARIABLES);
    }
    if codes.address {
        // The last attribute is the descriptor.
        let (_, _, attrs) = &mut all[usize::from(code::BARE_PTRTYPE) - 1];
        *attrs = &attrs[..attrs.len() - 1];
    }
    if !codes.results {
        all.remove(usize::from(code::FUNCTYPEOUTPARAM) - 1);
    }
    if codes.early_variables {
        let at = usize::from(FIRST_BLOCK) - 1;
        all.splice(at..at, EARLY_VARIABLES.iter().copied());
    }
    let mut out = Vec::with_capacity(1024);
    for (code, (tag, children, attrs)) in (1u64..).zip(all) {
        out.uleb(code);
        out.uleb(tag.into());
        out.u8(children.into());
        for &(attr, form) in attrs {
            if attr == ADDR_BASE && !dwarf5 {
                continue;
            }
            out.uleb(attr.into());
            out.uleb(number(form));
        }
        out.u16(0);
    }
    out.u8(0);
    out
}

/// Whether DIEs with this code have children.
#[cfg(test)]
pub(crate) fn has_children(code: u8) -> bool {
    TABLE[code as usize - 1].1
}

/// What follows the DIE at the start of `b`, attributes read as the table says.
#[cfg(test)]
pub(crate) fn skip_die(b: &[u8], ptr_size: usize) -> Option<&[u8]> {
    let uleb = |b: &[u8]| b.iter().position(|c| c & 0x80 == 0).map(|n| n + 1);
    let (&code, mut b) = b.split_first()?;
    for &(_, form) in TABLE.get(code.checked_sub(1)? as usize)?.2 {
        let n = match form {
            Addr | LowPc | HighPc => ptr_size,
            Block1 => 1 + *b.first()? as usize,
            Data1 | Flag => 1,
            Data4 | RefAddr | SecOffset => 4,
            String => b.iter().position(|&c| c == 0)? + 1,
            SData | UData | CallLine => uleb(b)?,
        };
        b = b.get(n..)?;
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(version: &str) -> Codes {
        Codes::new(gover::layout_for(version).unwrap())
    }

    #[test]
    fn variables_once_came_before_blocks() {
        let early = codes("go1.22");
        let all = [
            code::COMPUNIT_TEXTLESS,
            code::STRUCTFIELD,
            code::FUNCTYPEPARAM,
            code::DOTDOTDOT,
            code::TYPEDECL,
        ];
        assert_eq!(all.map(|c| early.number(c)), [2, 24, 25, 26, 40]);
        let section = section(early, false, false);
        let entry = |code: u8, tag: u8| {
            let found = section.windows(3).any(|w| w == [code, tag, 0]);
            assert!(found, "no entry {code} of tag {tag:#x}");
        };
        entry(12, TAG_VARIABLE);
        entry(21, TAG_FORMAL_PARAMETER);
        entry(26, TAG_UNSPECIFIED_PARAMETERS);
        // Behind its name, unsafe.Pointer has nothing.
        let pointer = [
            early.number(code::BARE_PTRTYPE),
            TAG_POINTER_TYPE,
            0,
            0x03,
            0x08,
            0,
            0,
        ];
        assert!(section.windows(7).any(|w| w == pointer));
    }

    #[test]
    fn codes_name_their_entries() {
        let tag = |c: u8| TABLE[c as usize - 1].0;
        assert_eq!(tag(code::COMPUNIT_TEXTLESS), TAG_COMPILE_UNIT);
        assert_eq!(tag(code::STRUCTFIELD), TAG_MEMBER);
        assert_eq!(tag(code::ARRAYRANGE), TAG_SUBRANGE_TYPE);
        assert_eq!(tag(code::NULLTYPE), TAG_UNSPECIFIED_TYPE);
        assert_eq!(tag(code::BASETYPE), TAG_BASE_TYPE);
        assert_eq!(tag(code::FUNCTYPE), TAG_SUBROUTINE_TYPE);
        assert_eq!(tag(code::BARE_PTRTYPE), TAG_POINTER_TYPE);
        assert_eq!(tag(code::STRUCTTYPE), TAG_STRUCTURE_TYPE);
        assert_eq!(tag(code::TYPEDECL), TAG_TYPEDEF);
        assert_eq!(TABLE.len(), BEFORE_VARIABLES + 14);
        assert_eq!(tag(FIRST_BLOCK), TAG_LEXICAL_BLOCK);
    }

    #[test]
    fn versions_differ_in_address_forms() {
        let codes = codes("go1.26");
        let section = |dwarf5, data4| section(codes, dwarf5, data4);
        let (four, five) = (section(false, false), section(true, false));
        // The address base takes two bytes, and nothing else changes length.
        assert_eq!(five.len(), four.len() + 2);
        assert_ne!(section(true, true), five);
        assert_eq!(*five.last().unwrap(), 0);
    }

    #[test]
    fn codes_follow_one_another_without_that_of_results() {
        let codes = codes("go1.23");
        let numbers = [code::FUNCTYPEPARAM, code::DOTDOTDOT, code::TYPEDECL];
        assert_eq!(numbers.map(|c| codes.number(c)), [15, 16, 30]);
        let all = section(self::codes("go1.24"), false, false);
        let without = section(codes, false, false);
        // Code, tag, children, two attributes with their forms, and their end.
        assert_eq!(without.len(), all.len() - (3 + 2 * 2 + 2));
        // Behind that of parameters comes that of dots.
        let parameter = [
            code::FUNCTYPEPARAM,
            TAG_FORMAL_PARAMETER,
            0,
            0x49,
            0x10,
            0,
            0,
        ];
        let at = without.windows(7).position(|w| w == parameter).unwrap();
        assert_eq!(without[at + 7..][..3], [16, TAG_UNSPECIFIED_PARAMETERS, 0]);
    }
}
