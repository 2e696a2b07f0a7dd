//! The members of a zip archive, also of one that is cut short.

use super::files::Entry;
use super::source::io_reason;
use memchr::memmem::Finder;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use zip::result::ZipResult;
use zip::{CompressionMethod, ZipArchive};

/// Why not all of an archive is read whose list of members, which ends it, is missing.
pub(super) const CUT: &str = "the file is cut short: the list of members that ends the archive is missing";

/// What begins the header of a member, which lies before it.
const SIGNATURE: &[u8] = b"PK\x03\x04";

/// How long such a header is without the name of the member and what follows that.
const HEADER: usize = 30;

/// In what is cut short no more places are looked at, so that no file takes forever.
const MOST_PLACES: usize = 1 << 20;

/// A member.
#[derive(Debug)]
pub(super) struct Member {
    pub name: String,
    pub method: CompressionMethod,
    /// Where in the file it starts, behind its header.
    pub start: u64,
    /// How many bytes of the file it has at most.
    pub bytes: u64,
    /// Of what was packed; none where that is not known.
    pub checksum: Option<u32>,
}

/// All members that can be found.
#[derive(Debug)]
pub(super) struct Members {
    pub all: Vec<Member>,
    /// Whether the archive is cut short, and there may have been more.
    pub is_cut: bool,
}

impl Members {
    /// # Errors
    /// That the file is no archive, and what `writer` writes would be right.
    pub fn of(entry: &Entry, writer: &str) -> Result<Self, String> {
        let listed = ZipArchive::new(BufReader::new(entry.file()?)).and_then(listed);
        let no_archive =
            |error| Err(format!("the file is no whole archive ({error}); what {writer} writes would be right"));
        listed.map(|all| Self { all, is_cut: false }).or_else(|error| {
            let all = found(entry.file()?).map_err(|error| io_reason(&error))?;
            if all.is_empty() { no_archive(error) } else { Ok(Self { all, is_cut: true }) }
        })
    }
}

/// The members by the list at the end of the archive.
fn listed(mut archive: ZipArchive<BufReader<File>>) -> ZipResult<Vec<Member>> {
    let count = archive.len();
    let member = |place| {
        let member = archive.by_index_raw(place)?;
        Ok(Member {
            name: member.name().to_owned(),
            method: member.compression(),
            start: member.data_start(),
            bytes: member.compressed_size(),
            checksum: Some(member.crc32()),
        })
    };
    (0..count).map(member).collect()
}

/// The members by the headers before them. Each is taken to reach to the next one, as not all writers say there how long it is.
fn found(mut file: File) -> io::Result<Vec<Member>> {
    let mut members: Vec<Member> = Vec::new();
    for place in places(&mut file)? {
        if let Some(member) = at(&mut file, place)? {
            if let Some(last) = members.last_mut() {
                last.bytes = place.saturating_sub(last.start);
            }
            members.push(member);
        }
    }
    Ok(members)
}

/// Where headers may begin.
fn places(file: &mut File) -> io::Result<Vec<u64>> {
    let finder = Finder::new(SIGNATURE);
    let (mut places, mut window, mut start) = (Vec::new(), Vec::new(), 0);
    while places.len() < MOST_PLACES && file.take(1 << 20).read_to_end(&mut window)? > 0 {
        places.extend(finder.find_iter(&window).map(|place| start + place as u64));
        // The next header may begin in the last bytes.
        let done = window.len().saturating_sub(SIGNATURE.len() - 1);
        window.drain(..done);
        start += done as u64;
    }
    Ok(places)
}

/// The member whose header begins there; none where there is no whole one.
fn at(file: &mut File, place: u64) -> io::Result<Option<Member>> {
    let mut header = [0; HEADER];
    file.seek(SeekFrom::Start(place))?;
    if !is_whole(file.read_exact(&mut header))? {
        return Ok(None);
    }
    let number = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let method = match number(8) {
        0 => CompressionMethod::Stored,
        8 => CompressionMethod::Deflated,
        _ => return Ok(None),
    };
    let mut name = vec![0; number(26).into()];
    if !is_whole(file.read_exact(&mut name))? {
        return Ok(None);
    }
    let start = place + HEADER as u64 + name.len() as u64 + u64::from(number(28));
    let name = String::from_utf8(name).ok();
    Ok(name.map(|name| Member { name, method, start, bytes: u64::MAX - start, checksum: None }))
}

fn is_whole(read: io::Result<()>) -> io::Result<bool> {
    match read {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        other => other.map(|()| true),
    }
}
