//! The `link` binary.

/// Passes allocate and free tables of tens of megabytes; this allocator hands the pages on instead
/// of returning them to the system, which would clear them again each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    std::process::exit(link::driver::main());
}
