//! What follows the tokens of a cache is what follows them in a whole sequence.

use super::*;

/// In 64 bits, so that what is wrong is no rounding.
const ROUNDING: f64 = 1e-12;

#[test]
fn steps_with_a_cache_are_the_whole_sequence() {
    for name in ["llama", "llama_biased", "qwen2", "qwen3", "gpt2"] {
        let network = network(&folder(name), Kind::Double).expect(name);
        let tokens = Golden::read(name).tokens;
        let logits = network.logits(&tokens);
        // A prompt of 4, one token, 3 at once, and one by one to the end.
        let mut cache = Cache::default();
        for (start, end) in [(0, 4), (4, 5), (5, 8), (8, 9), (9, 10), (10, 11), (11, 12)] {
            let next = network.next_logits(&tokens.narrow(1, start, end - start), &mut cache);
            assert!(!next.requires_grad(), "{name}");
            let distance = distance(&next, &logits.select(1, end - 1));
            assert!(distance < ROUNDING, "{name} behind {end} tokens: {distance:e}");
        }
    }
}

#[test]
fn rows_that_are_kept_go_on() {
    let network = network(&folder("llama"), Kind::Double).expect("it is known");
    let tokens = Golden::read("llama").tokens;
    let mut cache = Cache::default();
    let _prompt = network.next_logits(&tokens.narrow(1, 0, 5), &mut cache);
    // The second row twice.
    let rows = Tensor::from_slice(&[1i64, 1]);
    cache.keep(&rows);
    let next = network.next_logits(&tokens.index_select(0, &rows).narrow(1, 5, 1), &mut cache);
    let whole = network.logits(&tokens.narrow(1, 0, 6)).select(1, 5).index_select(0, &rows);
    assert!(distance(&next, &whole) < ROUNDING);
}
