//! Where a model computes.

use anyhow::{Result, anyhow, ensure};
use tch::{Cuda, Device};

/// The device that `cpu`, `cuda` or `cuda:N` names.
///
/// # Errors
/// Where the text names none, where this libtorch has no CUDA, or where there are not so many GPUs.
pub fn device(text: &str) -> Result<Device> {
    let index = match text {
        "cpu" => return Ok(Device::Cpu),
        "cuda" => Some(0),
        _ => text.strip_prefix("cuda:").and_then(|index| index.parse().ok()),
    };
    let index: usize =
        index.ok_or_else(|| anyhow!("there is no device {text:?}; cpu, cuda or cuda:0 would be right"))?;
    ensure!(
        tch::utils::has_cuda(),
        "this libtorch has no CUDA, and so no {text}; cpu, or a libtorch with CUDA, would be right"
    );
    let count = usize::try_from(Cuda::device_count()).unwrap_or(0);
    ensure!(count > 0, "there is no GPU that CUDA can use, and so no {text}; cpu would be right");
    ensure!(index < count, "there is no {text}, as CUDA counts {count} from 0; cuda:{} would be right", count - 1);
    Ok(Device::Cuda(index))
}
