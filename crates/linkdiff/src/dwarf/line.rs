//! `.debug_line`: the unit, the header table or the function's sequence at an offset.

use super::{View, next_uleb};
use crate::bytes::{Words, c_string, text};
use crate::list::{Item, first_list_difference, neighbours};
use std::borrow::Cow;
use std::ops::Range;

/// A line program: header and rows.
struct Program {
    range: Range<usize>,
    /// Start of the opcodes.
    rows: usize,
    version: u64,
    opcode_base: u8,
    /// Operand counts of the standard opcodes.
    operands: Vec<u8>,
    /// Offset of the directory and file tables.
    tables: usize,
}

fn programs(data: &[u8], words: Words) -> Vec<Program> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(program) = program(data, at, words) {
        at = program.range.end;
        out.push(program);
    }
    out
}

fn program(data: &[u8], at: usize, words: Words) -> Option<Program> {
    let length = words.u32(data, at)? as usize;
    let end = at.checked_add(4)?.checked_add(length)?.min(data.len());
    let version = words.uint(data, at + 4, 2)?;
    let mut next = at + 6;
    if version >= 5 {
        next += 2;
    }
    let rows = next
        .checked_add(4)?
        .checked_add(words.u32(data, next)? as usize)?;
    // min_inst_length, [max_ops], default_is_stmt, line_base, line_range, opcode_base
    let base = next + 4 + if version >= 4 { 5 } else { 4 };
    let opcode_base = *data.get(base)?;
    let operands = data
        .get(base + 1..base + usize::from(opcode_base.max(1)))?
        .to_vec();
    let tables = base + 1 + operands.len();
    let end = end.max(at + 6);
    Some(Program {
        range: at..end,
        rows: rows.min(end),
        version,
        opcode_base,
        operands,
        tables,
    })
}

/// One opcode with its name and end.
fn opcode(data: &[u8], at: usize, program: &Program) -> Option<(String, usize)> {
    let code = *data.get(at)?;
    let mut next = at + 1;
    if code >= program.opcode_base {
        return Some((format!("special opcode {code:#x}"), next));
    }
    if code == 0 {
        let length = next_uleb(data, &mut next)? as usize;
        let name = match data.get(next).copied().unwrap_or(0) {
            1 => "DW_LNE_end_sequence".to_string(),
            2 => "DW_LNE_set_address".to_string(),
            other => format!("extended opcode {other}"),
        };
        return Some((name, next.checked_add(length)?));
    }
    if code == 9 {
        next += 2;
    } else {
        for _ in 0..*program.operands.get(usize::from(code) - 1)? {
            next_uleb(data, &mut next)?;
        }
    }
    const NAMES: [&str; 12] = [
        "copy",
        "advance_pc",
        "advance_line",
        "set_file",
        "set_column",
        "negate_stmt",
        "set_basic_block",
        "const_add_pc",
        "fixed_advance_pc",
        "set_prologue_end",
        "set_epilogue_begin",
        "set_isa",
    ];
    let name = NAMES.get(usize::from(code) - 1).unwrap_or(&"?");
    Some((format!("DW_LNS_{name}"), next))
}

/// The sequences of a program: start, end, address.
fn sequences(data: &[u8], program: &Program, words: Words) -> Vec<(usize, usize, Option<u64>)> {
    let mut out = Vec::new();
    let (mut at, mut start, mut address) = (program.rows, program.rows, None);
    while at < program.range.end {
        let Some((name, next)) = opcode(data, at, program) else {
            break;
        };
        if name == "DW_LNE_set_address" && address.is_none() {
            address = words.word(data, next.saturating_sub(words.pointer));
        }
        at = next;
        if name == "DW_LNE_end_sequence" {
            out.push((start, at, address));
            (start, address) = (at, None);
        }
    }
    if start < at.min(program.range.end) {
        out.push((start, at.min(program.range.end), address));
    }
    out
}

fn unit_name(view: &View<'_>, program: &Program) -> String {
    let unit = view
        .units
        .iter()
        .find(|u| u.line_base == Some(program.range.start));
    unit.map_or_else(
        || format!("at {:#x}", program.range.start),
        super::info::Unit::shown,
    )
}

fn sequence_name(view: &View<'_>, address: Option<u64>) -> String {
    match address {
        None => "no address".to_string(),
        Some(value) => {
            let name = view.image.name_address(value).unwrap_or_default();
            format!("{value:#x} <{name}>")
        }
    }
}

/// Directories and files of a header, as strings.
fn header_tables(data: &[u8], program: &Program) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = program.tables;
    let end = program.rows.min(data.len());
    if program.version >= 5 {
        for table in ["directory", "file"] {
            let Some(&formats) = data.get(at) else {
                return out;
            };
            at += 1;
            let mut forms = Vec::new();
            for _ in 0..formats {
                let (Some(_), Some(form)) = (next_uleb(data, &mut at), next_uleb(data, &mut at))
                else {
                    return out;
                };
                forms.push(form);
            }
            let Some(count) = next_uleb(data, &mut at) else {
                return out;
            };
            if forms.is_empty() {
                continue;
            }
            for k in 0..count {
                let mut shown = format!("{table} {k}:");
                for form in &forms {
                    if at >= end {
                        return out;
                    }
                    match *form {
                        // DW_FORM_string
                        0x08 => {
                            let name = c_string(&data[..end], at);
                            shown += &format!(" {}", text(name));
                            at += name.len() + 1;
                        }
                        // DW_FORM_strp, DW_FORM_line_strp
                        0x0e | 0x1f => at += 4,
                        // DW_FORM_data16
                        0x1e => at += 16,
                        _ => match next_uleb(data, &mut at) {
                            Some(value) => shown += &format!(" {value}"),
                            None => return out,
                        },
                    }
                }
                out.push(shown);
            }
        }
        return out;
    }
    for table in ["directory", "file"] {
        let mut k = 1;
        while at < end && data[at] != 0 {
            let name = c_string(&data[..end], at);
            at += name.len() + 1;
            let mut shown = format!("{table} {k}: {}", text(name));
            if table == "file" {
                let directory = next_uleb(data, &mut at).unwrap_or(0);
                let _ = (next_uleb(data, &mut at), next_uleb(data, &mut at));
                shown += &format!(" (directory {directory})");
            }
            out.push(shown);
            k += 1;
        }
        at += 1;
    }
    out
}

/// Where `at` lies.
fn locate(view: &View<'_>, data: &[u8], programs: &[Program], at: usize) -> String {
    let Some(program) = programs.iter().find(|p| p.range.contains(&at)) else {
        return format!("{at:#x} lies in no line program");
    };
    let unit = unit_name(view, program);
    if at < program.rows {
        let inside = at - program.range.start;
        let field = match inside {
            0..=3 => "unit_length",
            4..=5 => "version",
            _ if at < program.tables => "header",
            _ => "directory and file tables",
        };
        return format!("unit {unit}, {field} (+{inside:#x})");
    }
    let sequences = sequences(data, program, view.image.words);
    let Some((k, &(start, end, address))) = sequences
        .iter()
        .enumerate()
        .find(|(_, s)| at >= s.0 && at < s.1)
    else {
        return format!("unit {unit}, behind its sequences");
    };
    let mut here = String::from("?");
    let mut next = start;
    while next < end {
        let Some((name, after)) = opcode(data, next, program) else {
            break;
        };
        if at < after {
            here = format!("{name} at {next:#x}");
            break;
        }
        next = after;
    }
    format!(
        "unit {unit}, sequence {k} {}, {here}",
        sequence_name(view, address)
    )
}

/// Explains a difference of `.debug_line` whose first byte is at `at`.
pub fn explain(x: &View<'_>, y: &View<'_>, p: &[u8], q: &[u8], at: usize) -> Vec<String> {
    let words = x.image.words;
    let (programs_x, programs_y) = (programs(p, words), programs(q, words));
    let (a, b) = (locate(x, p, &programs_x, at), locate(y, q, &programs_y, at));
    let mut lines = if a == b {
        vec![format!("at {a}")]
    } else {
        vec![format!("A: {a}"), format!("B: {b}")]
    };
    let list = |view: &View<'_>, programs: &[Program]| -> Vec<Item<'static>> {
        let item = |program: &Program| Item {
            name: Cow::Owned(unit_name(view, program).into_bytes()),
            size: program.range.len() as u64,
            offset: program.range.start as u64,
        };
        programs.iter().map(item).collect()
    };
    let (list_x, list_y) = (list(x, &programs_x), list(y, &programs_y));
    if let Some(difference) = first_list_difference(&list_x, &list_y) {
        lines.push(format!(
            "first unit that differs: [{}] {}",
            difference.index, difference.what
        ));
        lines.extend(neighbours(&list_x, &list_y, difference.index, 2));
    }
    let pair = programs_x
        .iter()
        .zip(&programs_y)
        .find(|(u, v)| p.get(u.range.clone()) != q.get(v.range.clone()));
    let Some((u, v)) = pair else { return lines };
    let (tables_x, tables_y) = (header_tables(p, u), header_tables(q, v));
    for k in 0..tables_x.len().max(tables_y.len()) {
        if tables_x.get(k) != tables_y.get(k) {
            let show = |list: &[String]| list.get(k).cloned().unwrap_or_else(|| "(end)".into());
            lines.push(format!(
                "header: A {}; B {}",
                show(&tables_x),
                show(&tables_y)
            ));
            break;
        }
    }
    let sequence_list = |view: &View<'_>, data: &[u8], program: &Program| -> Vec<Item<'static>> {
        let item = |(start, end, address): (usize, usize, Option<u64>)| Item {
            name: Cow::Owned(sequence_symbol(view, address).into_bytes()),
            size: (end - start) as u64,
            offset: 0,
        };
        sequences(data, program, words)
            .into_iter()
            .map(item)
            .collect()
    };
    let (rows_x, rows_y) = (sequence_list(x, p, u), sequence_list(y, q, v));
    if let Some(difference) = first_list_difference(&rows_x, &rows_y) {
        lines.push(format!(
            "first sequence that differs: [{}] {}",
            difference.index, difference.what
        ));
    }
    lines
}

/// The symbol of a sequence without its address, which moves.
fn sequence_symbol(view: &View<'_>, address: Option<u64>) -> String {
    let name = address.and_then(|value| view.image.name_address(value));
    name.map_or("?".to_string(), |n| {
        n.split(" (of").next().unwrap_or("?").to_string()
    })
}
