# Both commands do everything themselves; scripts/libtorch.sh finds libtorch, or fetches it once.
# One profile for all, so that torch-sys, two minutes of C++, is compiled once.

OUTPUT = output
export RUSTDOCFLAGS = -D warnings
cargo = LIBTORCH=$$(scripts/libtorch.sh) && export LIBTORCH && cargo

.PHONY: reproduce test

# The article's experiment, checked against the numbers that the article prints.
reproduce:
	$(cargo) run --release --locked -- reproduce --check --output "$(OUTPUT)"

test:
	cargo fmt --check
	$(cargo) clippy --release --locked --all-targets -- -D warnings
	$(cargo) doc --release --locked --no-deps
	$(cargo) test --release --locked
