//! Zstandard files, which may have several frames.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, Read};

/// How far back a frame may refer, which is memory: as much as `zstd --long` asks for.
const LARGEST_WINDOW: u64 = 128 << 20;

/// Unpacks one frame after the other, and compares their checksums.
pub(super) struct Unzstd<R> {
    packed: R,
    decoder: FrameDecoder,
}

impl<R: BufRead> Unzstd<R> {
    pub fn new(packed: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(LARGEST_WINDOW);
        Self { packed, decoder }
    }

    /// Begins the next frame; false where there is none.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.packed.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.packed) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.packed).take(length.into()), &mut io::sink())?;
                }
                Err(error) => return self.fault(error),
            }
        }
        Ok(false)
    }

    /// The error; where all was read, it is that the file is cut short.
    fn fault<T>(&mut self, error: FrameDecoderError) -> io::Result<T> {
        let is_cut = self.packed.fill_buf()?.is_empty();
        Err(if is_cut { io::ErrorKind::UnexpectedEof.into() } else { io::Error::other(error) })
    }

    fn check(&self) -> io::Result<()> {
        let expected = self.decoder.get_checksum_from_data();
        if expected.is_some() && expected != self.decoder.get_calculated_checksum() {
            return Err(io::Error::other("its checksum is another one"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Unzstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.packed, one);
                decoded.or_else(|error| self.fault(error))?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.check()?;
            if !self.begin()? {
                return Ok(0);
            }
        }
    }
}
