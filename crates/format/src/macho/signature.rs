//! A signature by nobody in particular, which says only that the file is as it was written
//! (`cmd/internal/codesign`, `cs_blobs.h`).

use sha2::{Digest, Sha256};

/// Bytes of the file that each hash is of.
const PAGE: usize = 1 << PAGE_BITS;
const PAGE_BITS: u8 = 12;

const HASH_LEN: usize = 32;
const BLOBS_LEN: usize = 12 + 8;
const DIRECTORY_LEN: usize = 13 * 4 + 4 + 4 * 8;

/// By whom: a name that means nothing here.
const IDENTIFIER: &[u8] = b"a.out\0";

/// Where the hashes begin, from the start of the directory, bytes.
const HASHES_AT: usize = DIRECTORY_LEN + IDENTIFIER.len();

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct SignatureInput<'a> {
    /// The file up to the signature.
    pub file: &'a [u8],
    /// Offset and length in the file of the text segment.
    pub text: (u64, u64),
    /// Whether it is a program, and not a library.
    pub program: bool,
}

/// Length of the signature of a file of `len` bytes without it, bytes.
pub fn signature_len(len: u64) -> u64 {
    (BLOBS_LEN + HASHES_AT) as u64 + len.div_ceil(PAGE as u64) * HASH_LEN as u64
}

/// The signature. `hash` is given tasks to perform, in parallel if it likes: pages, and where their hashes go.
pub fn signature(
    input: &SignatureInput,
    hash: impl FnOnce(Vec<(&[u8], &mut [u8])>, fn(&[u8], &mut [u8])),
) -> Vec<u8> {
    const MAGIC_EMBEDDED_SIGNATURE: u32 = 0xfade_0cc0;
    const MAGIC_CODE_DIRECTORY: u32 = 0xfade_0c02;
    const VERSION: u32 = 0x20400;
    // By nobody, made by a linker.
    const AD_HOC: u32 = 0x20002;
    const HASH_SHA256: u8 = 2;
    const MAIN_BINARY: u64 = 1;
    let len = signature_len(input.file.len() as u64) as usize;
    let n = (len - BLOBS_LEN - HASHES_AT) / HASH_LEN;
    let mut out = Vec::with_capacity(len);
    let mut word = |v: u32| out.extend(v.to_be_bytes());
    word(MAGIC_EMBEDDED_SIGNATURE);
    word(len as u32);
    word(1); // One part, the directory, which is right behind this.
    word(0);
    word(BLOBS_LEN as u32);
    word(MAGIC_CODE_DIRECTORY);
    word((len - BLOBS_LEN) as u32);
    word(VERSION);
    word(AD_HOC);
    word(HASHES_AT as u32);
    word(DIRECTORY_LEN as u32);
    word(0); // Special hashes.
    word(n as u32);
    word(input.file.len() as u32);
    out.extend([HASH_LEN as u8, HASH_SHA256, 0, PAGE_BITS]);
    out.extend([0; 4 * 4]);
    let (text_off, text_len) = input.text;
    let flags = if input.program { MAIN_BINARY } else { 0 };
    for v in [0, text_off, text_len, flags] {
        out.extend(v.to_be_bytes());
    }
    out.extend(IDENTIFIER);
    let hashes_at = out.len();
    out.resize(len, 0);
    let hashes = out[hashes_at..].chunks_exact_mut(HASH_LEN);
    hash(
        input.file.chunks(PAGE).zip(hashes).collect(),
        |page, out| {
            out.copy_from_slice(&Sha256::digest(page));
        },
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_hashed_the_last_one_as_far_as_it_goes() {
        let file: Vec<u8> = (0..PAGE + 10).map(|i| i as u8).collect();
        let input = SignatureInput {
            file: &file,
            text: (0, 8192),
            program: true,
        };
        let s = signature(&input, |tasks, hash| {
            tasks.into_iter().for_each(|(page, out)| hash(page, out));
        });
        assert_eq!(s.len() as u64, signature_len(file.len() as u64));
        let word = |at: usize| u32::from_be_bytes(s[at..at + 4].try_into().unwrap());
        let directory = word(16) as usize;
        let hashes = directory + word(directory + 16) as usize;
        assert_eq!(word(directory + 28), 2);
        assert_eq!(
            &s[directory + word(directory + 20) as usize..][..6],
            IDENTIFIER
        );
        assert_eq!(&s[hashes..][..HASH_LEN], &Sha256::digest(&file[..PAGE])[..]);
        assert_eq!(&s[hashes + HASH_LEN..], &Sha256::digest(&file[PAGE..])[..]);
    }
}
