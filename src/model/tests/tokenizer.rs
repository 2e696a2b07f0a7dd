//! Tokens are those of Python's tokenizers.

use super::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Text {
    text: String,
    tokens: Vec<i64>,
    decoded: String,
}

fn tokenizer() -> Tokenizer {
    Tokenizer::read(&folder("llama")).expect("it is whole")
}

#[test]
fn texts_have_the_tokens_of_python() {
    let texts = fs::read(folder("llama").join("texts.json")).expect("it is there");
    let texts: Vec<Text> = serde_json::from_slice(&texts).expect("it is JSON");
    assert!(texts.iter().any(|text| text.tokens.contains(&3)), "no text has a byte");
    for Text { text, tokens, decoded } in texts {
        assert_eq!(tokenizer().encode(&text).expect("all has tokens"), tokens, "{text}");
        assert_eq!(tokenizer().decode(&tokens), decoded, "{text}");
    }
}

#[test]
fn a_token_is_text_or_its_piece() {
    let tokens = [1, 3, 5, 6, 9, 12].map(|token| tokenizer().token(token));
    assert_eq!(tokens, ["<s>", "<0xC3>", " ", "a", "an", " ban"]);
    assert_eq!([-1, 16].map(|token| tokenizer().token(token)), ["", ""]);
}

#[test]
fn neither_cut_nor_filled() {
    let copy = copy("llama");
    let path = copy.path().join("tokenizer.json");
    let mut written: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("it is JSON");
    written["truncation"] =
        serde_json::json!({"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0});
    written["padding"] = serde_json::json!({"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "<unk>"});
    fs::write(path, written.to_string()).expect("there is room for it");
    let tokens = Tokenizer::read(copy.path()).expect("it is whole").encode("banana").expect("all has tokens");
    assert_eq!(tokens, [1, 12, 11]);
}

#[test]
fn the_same_has_the_same_pieces() {
    assert!(tokenizer().same(&tokenizer()));
    let copy = copy("llama");
    let path = copy.path().join("tokenizer.json");
    let written = fs::read_to_string(&path).expect("it is there");
    fs::write(path, written.replace("\"s\": 13", "\"z\": 13")).expect("there is room for it");
    let other = Tokenizer::read(copy.path()).expect("it is whole");
    assert_eq!(other.token(13), "z");
    assert!(!tokenizer().same(&other));
}
