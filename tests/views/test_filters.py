import pytest
import torch
import torchvision.transforms.v2.functional as oracle
from skimage.filters import sobel as sobel_oracle

from selftaught.core import UserError
from selftaught.views.filters import blur_kernel, gaussian_blur, sobel

SIGMAS = torch.tensor([0.1, 0.4, 0.9, 1.5, 2.0])


def images(channels: int = 3, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.rand(5, channels, 24, 31, generator=torch.Generator().manual_seed(0), dtype=dtype)


def blurred_one_by_one(pixels: torch.Tensor, kernel: int) -> torch.Tensor:
    pairs = zip(pixels, SIGMAS.tolist(), strict=True)
    return torch.stack([oracle.gaussian_blur(image, [kernel, kernel], [sigma, sigma]) for image, sigma in pairs])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kernel", [3, 5, 23, 47])
def test_blur_equals_torchvision(kernel: int, channels: int, dtype: torch.dtype) -> None:
    pixels = images(channels, dtype)
    found = gaussian_blur(pixels, SIGMAS.to(dtype), kernel)
    torch.testing.assert_close(found, blurred_one_by_one(pixels, kernel), rtol=0, atol=1e-5)


def test_one_sigma_for_the_whole_batch_is_rejected() -> None:
    shared = gaussian_blur(images(), SIGMAS[2:3].expand(5), 5)
    assert (shared - blurred_one_by_one(images(), 5)).abs().max() > 0.05


def test_blur_in_another_memory_order() -> None:
    pixels = images().contiguous(memory_format=torch.channels_last)
    assert torch.equal(gaussian_blur(pixels, SIGMAS, 5), gaussian_blur(images(), SIGMAS, 5))


@pytest.mark.parametrize("kernel", [4, 49])
def test_impossible_kernels_are_refused(kernel: int) -> None:
    with pytest.raises(UserError, match=f"expected an odd kernel .* got {kernel} pixels for images of 24x31"):
        gaussian_blur(images(), SIGMAS, kernel)


def test_kernels_are_odd_and_fit() -> None:
    for side in range(2, 300):
        kernel = blur_kernel(side, 0.1)
        assert kernel % 2 == 1
        assert 3 <= kernel
        assert kernel // 2 < side
    assert blur_kernel(224, 0.1) == 23  # SimCLR's own: twice int(22 / 2), plus 1


@pytest.mark.parametrize("channels", [1, 3])
def test_sobel_equals_scikit_image(channels: int) -> None:
    pixels = images(channels, torch.float64)
    expected = torch.stack([torch.from_numpy(sobel_oracle(plane.numpy())) for plane in pixels.flatten(0, 1)])
    torch.testing.assert_close(sobel(pixels), expected.view(pixels.shape), rtol=0, atol=1e-12)
    assert sobel(pixels).max() <= 1
