//! What a file is, by its name.

use super::unzstd::Unzstd;
use flate2::read::MultiGzDecoder;
use std::io::{BufReader, Read};
use std::path::Path;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A JSON object a line, each a sequence.
    Lines,
    /// One JSON text: an object that is a sequence, or a list of such.
    Json,
    /// Tensors with a row a sequence.
    Safetensors,
    /// Arrays of numpy with a row a sequence.
    Npz,
    /// What torch.save writes.
    Torch,
    /// A table with a row a token.
    Csv,
}

/// How its bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstandard,
}

impl Format {
    /// The names of what can be read.
    pub const KNOWN: &'static str =
        ".jsonl, .ndjson, .json or .csv (also .gz and .zst), .safetensors, .npz, .pt or .pth";

    /// Whether it holds arrays, with a row a sequence, and nothing else.
    pub fn is_of_arrays(self) -> bool {
        matches!(self, Self::Safetensors | Self::Npz)
    }
}

/// What the name says; none where it says nothing that can be read.
pub(super) fn of_name(path: &Path) -> Option<(Format, Packing)> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let (name, packing) = if let Some(name) = name.strip_suffix(".gz") {
        (name, Packing::Gzip)
    } else if let Some(name) = name.strip_suffix(".zst") {
        (name, Packing::Zstandard)
    } else {
        (&*name, Packing::Plain)
    };
    let (_, extension) = name.rsplit_once('.')?;
    let format = match extension {
        "jsonl" | "ndjson" => Format::Lines,
        "json" => Format::Json,
        "csv" => Format::Csv,
        // These are not packed as a whole: rows are read where they lie.
        "safetensors" if packing == Packing::Plain => Format::Safetensors,
        "pt" | "pth" if packing == Packing::Plain => Format::Torch,
        "npz" if packing == Packing::Plain => Format::Npz,
        _ => return None,
    };
    Some((format, packing))
}

/// Why a file of another name cannot be read, and how it is brought into a form that can.
pub(super) fn refusal(path: &Path) -> String {
    let name = path.display();
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match &*extension {
        "pkl" | "pickle" | "dp" => format!(
            "{name} is a pickle of a framework's own classes, which only Python can open; {RIGHT} {PICKLE} {name}"
        ),
        "parquet" => format!("{name} is a table of Parquet; what this writes would be right: {PARQUET} {name}"),
        "bin" | "msgpack" => format!(
            "{name} holds the positions of fields and not their names; of prime-rl, what trainer.enable_token_export=true writes \
             would be right"
        ),
        _ => format!("{name} is of no known kind; {} would be right", Format::KNOWN),
    }
}

/// What is said before a command that opens a pickle in Python.
pub(super) const RIGHT: &str =
    "what this writes would be right, but it runs code that the file names, so only if you trust who wrote it:";

/// Writes the tensors of a pickle to a safetensors file beside it, where `load` opens the file `f`.
macro_rules! converter {
    ($load:literal) => {
        concat!(
            "python -c \"import pickle, sys, torch; from safetensors.torch import save_file; f = sys.argv[1]; b = ",
            $load,
            "; b = getattr(b, 'batch', b); save_file({k: v.contiguous() for k, v in b.items() if torch.is_tensor(v)}, ",
            "f + '.safetensors')\""
        )
    };
}
const PICKLE: &str = converter!("pickle.load(open(f, 'rb'))");
/// The same for what torch.save wrote.
pub(super) const TORCH: &str = converter!("torch.load(f, map_location='cpu', weights_only=False)");

const PARQUET: &str = "python -c \"import sys, pandas; f = sys.argv[1]; \
    pandas.read_parquet(f).to_json(f + '.jsonl', orient='records', lines=True, double_precision=15)\"";

impl Packing {
    /// The bytes that were packed.
    pub fn unpack<'a>(self, reader: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
        match self {
            Self::Plain => Box::new(reader),
            Self::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, reader))),
            Self::Zstandard => Box::new(Unzstd::new(BufReader::with_capacity(1 << 16, reader))),
        }
    }
}
