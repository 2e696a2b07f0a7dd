//! Rewards in files.

use super::Reward;
use crate::export::open_file;
use crate::pair;
use crate::policy::Softmax;
use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A shape, and numbers by rows.
type Array = (Vec<usize>, Vec<f64>);

const NAME: &str = "reward";

impl Reward {
    /// Reads the reward of a policy: from `.json` a list of numbers or of rows of them, or from `.npz` or `.safetensors` the
    /// array `reward`.
    ///
    /// # Errors
    /// Names the file, and what would be right.
    ///
    /// ```
    /// use klgrad::policy::Softmax;
    /// use klgrad::training::Reward;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("reward.json");
    /// std::fs::write(&path, "[[0, 1], [0.5, 0]]")?;
    /// let policy = Softmax::sequence(vec![0.0; 4], 2, 5)?;
    /// assert_eq!(Reward::read(&path, &policy)?.entries(), [0.0, 1.0, 0.5, 0.0]);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn read(path: &Path, policy: &Softmax) -> Result<Self> {
        let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase);
        let read: fn(File) -> Result<Array> = match extension.as_deref() {
            Some("json") => read_json,
            Some("npz") => |file| pair::read_npz_array(file, NAME),
            Some("safetensors") => |file| pair::read_safetensors_array(file, NAME),
            _ => bail!(
                "{}: the extension says how a reward is written; .json, .npz or .safetensors would be right",
                path.display()
            ),
        };
        let reward = read(open_file(path)?).and_then(|(shape, numbers)| Self::new(&shape, numbers, policy));
        reward.map_err(|error| anyhow!("{}: {error:#}", path.display()))
    }
}

fn read_json(mut file: File) -> Result<Array> {
    let mut text = String::new();
    file.read_to_string(&mut text).context("cannot be read as text in UTF-8")?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| anyhow!("{error}; a list of finite numbers, or of rows of them, would be right"))?;
    let Value::Array(entries) = value else {
        bail!("holds {}; a list of numbers, or of rows of them, would be right", described(&value))
    };
    if !entries.iter().any(Value::is_array) {
        let numbers = entries.iter().enumerate().map(|(place, entry)| number(entry, &place.to_string()));
        return Ok((vec![entries.len()], numbers.collect::<Result<_>>()?));
    }
    let mut numbers = Vec::new();
    let mut columns = None;
    for (row, entry) in entries.iter().enumerate() {
        let Value::Array(of_row) = entry else {
            bail!("holds {} at {row} (counted from 0), and rows elsewhere; a row would be right", described(entry))
        };
        let first = *columns.get_or_insert(of_row.len());
        ensure!(
            of_row.len() == first,
            "holds a row of {} at {row} and a row of {first} at 0 (counted from 0); the same would be right",
            of_row.len()
        );
        for (column, entry) in of_row.iter().enumerate() {
            numbers.push(number(entry, &format!("row {row}, column {column}"))?);
        }
    }
    Ok((vec![entries.len(), columns.unwrap_or(0)], numbers))
}

fn number(entry: &Value, place: &str) -> Result<f64> {
    entry
        .as_f64()
        .ok_or_else(|| anyhow!("holds {} at {place} (counted from 0); a number would be right", described(entry)))
}

fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::safetensors::tensor::TensorView;
    use ::safetensors::{Dtype, serialize};
    use npyz::WriterBuilder;
    use std::io::Write;

    fn refusal(name: &str, bytes: &[u8], policy: &Softmax) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Reward::read(&path, policy).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_reward_is_named_with_what_would_be_right() {
        let sequence = Softmax::sequence(vec![0.0; 4], 2, 5).unwrap();
        for (text, words) in [
            ("", "EOF while parsing a value at line 1"),
            ("{}", "reward.json: holds an object; a list of numbers, or of rows of them, would be right"),
            ("[0, 1]", "reward has the shape (2,) and the policy's logits (2, 2); the same would be right"),
            ("[[0, 1]]", "reward has the shape (1, 2) and the policy's logits (2, 2)"),
            ("[[0, 1], [0]]", "holds a row of 1 at 1 and a row of 2 at 0"),
            ("[[0, 1], 0]", "holds a number at 1 (counted from 0), and rows elsewhere"),
            ("[[0, 1], [0, null]]", "holds null at row 1, column 1 (counted from 0); a number would be right"),
            ("[[0, 1], [0, NaN]]", "at line 1 column 14; a list of finite numbers, or of rows of them, would be right"),
            ("[]", "reward has the shape (0,)"),
        ] {
            let refusal = refusal("reward.json", text.as_bytes(), &sequence);
            assert!(refusal.contains(words), "{text}: {refusal}");
        }
        assert!(refusal("reward.csv", b"", &sequence).contains(".json, .npz or .safetensors would be right"));
    }

    #[test]
    fn arrays_of_numpy_and_of_safetensors_are_read_by_name() {
        let policy = Softmax::categorical(vec![0.0; 3]).unwrap();
        let numbers = [0.25_f64, -1.0, 3.0];
        let folder = tempfile::tempdir().unwrap();
        let [npz, safetensors] = ["reward.npz", "reward.safetensors"].map(|name| folder.path().join(name));
        for (name, is_found) in [("reward", true), ("rewards", false)] {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            let tensor = TensorView::new(Dtype::F64, vec![3], &bytes).unwrap();
            std::fs::write(&safetensors, serialize([(name, tensor)], None).unwrap()).unwrap();
            let mut archive = zip::ZipWriter::new(std::fs::File::create(&npz).unwrap());
            archive.start_file(format!("{name}.npy"), zip::write::FileOptions::default()).unwrap();
            let mut array = Vec::new();
            let mut npy = npyz::WriteOptions::new().default_dtype().shape(&[3]).writer(&mut array).begin_nd().unwrap();
            npy.extend(numbers).unwrap();
            npy.finish().unwrap();
            archive.write_all(&array).unwrap();
            archive.finish().unwrap();
            for path in [&npz, &safetensors] {
                match Reward::read(path, &policy) {
                    Ok(reward) => assert!(is_found && reward.entries() == numbers),
                    Err(error) => {
                        assert!(!is_found && error.to_string().contains("there is no array reward;"), "{error}");
                    }
                }
            }
        }
    }
}
