//! The `link` binary.

#[global_allocator]
static ALLOCATOR: link::alloc::HugePages = link::alloc::HugePages;

fn main() {
    std::process::exit(link::driver::main());
}
