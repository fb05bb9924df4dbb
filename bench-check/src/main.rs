//! `cargo xtask bench-check`: see the library.
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let known = bench_check::subject::Known::named(&args[0]).unwrap();
    println!("{:?}", bench_check::measure::measure(known.subject, args[1].parse().unwrap(), args[2].parse().unwrap()));
}
