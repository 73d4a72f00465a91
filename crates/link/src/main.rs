//! The `link` binary.

fn main() {
    std::process::exit(link::driver::main());
}
