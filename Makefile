# These commands do everything themselves; scripts/libtorch.sh finds libtorch, or fetches it once.
# One profile for all, so that torch-sys, two minutes of C++, is compiled once.

OUTPUT = output
export RUSTDOCFLAGS = -D warnings
cargo = LIBTORCH=$$(scripts/libtorch.sh) && export LIBTORCH && unset LIBTORCH_USE_PYTORCH && cargo

.PHONY: reproduce sweep measure train test test-without-libtorch test-browser bench wheel test-wheel

# The article's experiment, checked against the numbers that the article prints.
reproduce:
	$(cargo) run --release --locked -- reproduce --check --output "$(OUTPUT)"

# How biased and how noisy over the KL of a run: the README's second and third figure.
sweep:
	$(cargo) run --release --locked -- sweep --over mu-ref=0:1.5:76 --sigma-ref 1.02 \
		--estimators k1,k2,k3,k1_in_reward,k3_in_reward,k2_lambda --output "$(OUTPUT)"
	$(cargo) run --release --locked -- sweep --over kl=log:1e-4:1:13 --vocabulary 32 --max-length 16 --seeds 20 \
		--estimators k2,k3,k3_clamped,k3_in_reward,k1_to_go,kl_full,kl_full_to_go \
		--num-trials 20 --sample-size 200 --output "$(OUTPUT)/tokens"

# Bias and noise on a real, small language model: the README's table.
measure:
	$(cargo) run --release --locked -- measure --policy examples/pair/policy --reference examples/pair/reference \
		--prompts examples/pair/prompts.txt --output "$(OUTPUT)/measured"

# Where a training ends with each loss, and how it gets there: the README's figure of a training.
train:
	$(cargo) run --release --locked -- train --vocabulary 50 --beta 0.1 --kl-budget 0.1 --output "$(OUTPUT)/trained"

test:
	cargo fmt --check
	$(cargo) clippy --release --locked --all-targets -- -D warnings
	$(cargo) doc --release --locked --no-deps
	$(cargo) test --release --locked

# The same tests of the program without libtorch, but for those of what needs it.
test-without-libtorch:
	cargo clippy --release --locked --all-targets --no-default-features -- -D warnings
	cargo doc --release --locked --no-deps --no-default-features
	cargo test --release --locked --no-default-features

# The page of klgrad audit in a headless Chromium, where there is one; without libtorch. SCREENSHOTS=folder keeps pictures.
test-browser:
	cargo test --locked --no-default-features --test browser -- --ignored --nocapture

# Minutes, on a machine that is otherwise idle: how fast logs are read and the engines are on this machine, beside Python where python3 (or $PYTHON) has torch.
bench:
	cargo build --release --locked --no-default-features --target-dir target/without-libtorch
	$(cargo) bench --locked --bench audit
	KLGRAD_WITHOUT_LIBTORCH=$(CURDIR)/target/without-libtorch/release/klgrad; export KLGRAD_WITHOUT_LIBTORCH; \
		$(cargo) bench --locked --bench engines
	$(cargo) bench --locked --bench sums
	$(cargo) bench --locked --bench measure

# The wheel with the program without libtorch, in target/wheels. On Linux zig links it, so that it runs with glibc 2.17.
wheel: target/build-environment/bin/maturin
	rm -f target/wheels/klgrad-*
	cd python && PATH="$(CURDIR)/target/build-environment/bin:$$PATH" \
		maturin build --profile dist --out ../target/wheels $(if $(filter Linux,$(shell uname)),--zig)

# The wheel as its users have it, in new environments outside of this folder.
test-wheel: wheel
	scripts/test-wheel.sh target/wheels/klgrad-*.whl

target/build-environment/bin/maturin: python/requirements/build.txt
	scripts/environment.sh target/build-environment --requirement $<
	touch $@
