"""Two augmented views of every image, made in batches on the images' device."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import ImageBatch, MultiView, UserError
from selftaught.views.changes import Change, DrawnView, make_drawn
from selftaught.views.checks import expect_batch, expect_number, expect_range, expect_statistics, per_channel
from selftaught.views.draws import Draws
from selftaught.views.filters import blur_kernel, gaussian_blur, sobel
from selftaught.views.geometry import cut_out, quarter_turns, random_crop_boxes, random_squares
from selftaught.views.photometric import add_noise, change_colours, colour_maps, solarise

__all__ = ["TwoViews"]


@final
@dataclass(frozen=True, kw_only=True)
class TwoViews:
    """Two augmented views of every image: random resized crop, flip, colours, grey, blur, and what a study adds.

    Each image has its own draws, and each operation its own sequence of them: leaving one out changes no other. The
    order is crop, flip, quarter turn, colours (brightness, contrast, saturation and hue in an order drawn for each
    image), grey, blur, solarise, Sobel, noise, cutout, normalise. Saturation, hue and grey need 3 channels and are
    left out for any other number; `describe` says so. The defaults are SimCLR's for photographs.

    Args:
        image_size: height and width in pixels of the images that the encoder is used on.
        view_size: height and width of the views in pixels, at most `image_size`; if none is given, `image_size`.
            Smaller views cost less, and show objects, which a crop magnifies, about as large as they are in use.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that a crop shows, in (0, 1].
        crop_ratio: least and largest width over height of a crop.
        flip_probability: how often a view is mirrored left to right.
        colour_probability: how often brightness, contrast, saturation and hue change, all together.
        colour_strength: multiplies brightness, contrast, saturation and hue.
        brightness: factors are drawn from [1 - brightness, 1 + brightness], at least 0.
        contrast: as brightness, for contrast.
        saturation: as brightness, for saturation.
        hue: shifts are drawn from [-hue, hue], in turns of the colour circle; at most 0.5 after `colour_strength`.
        grey_probability: how often a view loses its colours.
        blur_probability: how often the first and the second view are blurred.
        blur_sigma: least and largest standard deviation of the blur in pixels.
        blur_kernel_fraction: width of the blur's kernel as a part of a view's, in (0, 1); at least 3 pixels.
        solarise_probability: how often the first and the second view are solarised.
        solarise_threshold: pixels from this value on, in [0, 1], are inverted.
        rotation_probability: how often a view turns by one, two or three quarters.
        cutout_probability: how often a square of a view is hidden behind `mean`.
        cutout_scale: least and largest share of the view's area that the square hides, in (0, 1].
        noise_probability: how often noise is added to every pixel.
        noise_deviation: standard deviation of the noise, pixels being in 0..1.
        sobel_probability: how often a view is replaced by the strength of its edges.
        one_sided: only the first view gets more than crop and flip.

    Raises:
        UserError: a value is out of its range.

    Source:
        Chen et al. 2020, https://arxiv.org/abs/2002.05709, appendix A; for `one_sided`, rotation, cutout, noise and
        Sobel its section 3.1; for `view_size`, Touvron et al. 2019, https://arxiv.org/abs/1906.06423, section 3. For
        the arithmetic of colours see `colour_maps`.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws, TwoViews
        >>> make_views = TwoViews(image_size=16, mean=(0.5, 0.5, 0.5), standard_deviation=(0.25, 0.25, 0.25))
        >>> images = torch.zeros(4, 3, 20, 30, dtype=torch.uint8)
        >>> first, second = make_views(images, draws=Draws.at(0, 17, batch=4)).pair()
        >>> first.shape
        torch.Size([4, 3, 16, 16])
    """

    image_size: int
    view_size: int | None = None
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.08, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5
    colour_probability: float = 0.8
    colour_strength: float = 1.0
    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2
    grey_probability: float = 0.2
    blur_probability: tuple[float, float] = (0.5, 0.5)
    blur_sigma: tuple[float, float] = (0.1, 2.0)
    blur_kernel_fraction: float = 0.1
    solarise_probability: tuple[float, float] = (0.0, 0.0)
    solarise_threshold: float = 0.5
    rotation_probability: float = 0.0
    cutout_probability: float = 0.0
    cutout_scale: tuple[float, float] = (0.02, 0.33)
    noise_probability: float = 0.0
    noise_deviation: float = 0.1
    sobel_probability: float = 0.0
    one_sided: bool = False

    def __post_init__(self) -> None:
        expect_number("image_size", self.image_size, 2.0)
        expect_number("view_size", self.side, 2.0, float(self.image_size))
        expect_statistics(self.channels, self.mean, self.standard_deviation)
        expect_range("crop_scale", self.crop_scale, 1.0)
        expect_range("crop_ratio", self.crop_ratio)
        expect_range("blur_sigma", self.blur_sigma)
        expect_range("cutout_scale", self.cutout_scale, 1.0)
        for name, probability in {
            "flip_probability": self.flip_probability,
            "colour_probability": self.colour_probability,
            "grey_probability": self.grey_probability,
            "rotation_probability": self.rotation_probability,
            "cutout_probability": self.cutout_probability,
            "noise_probability": self.noise_probability,
            "sobel_probability": self.sobel_probability,
            "solarise_threshold": self.solarise_threshold,
        }.items():
            expect_number(name, probability, 0.0, 1.0)
        for name, pair in {
            "blur_probability": self.blur_probability,
            "solarise_probability": self.solarise_probability,
        }.items():
            if len(pair) != 2:
                raise UserError(f"{name}: expected two probabilities, for the first and the second view, got {pair}")
            for probability in pair:
                expect_number(name, probability, 0.0, 1.0)
        for name, strength in {
            "colour_strength": self.colour_strength,
            "brightness": self.brightness,
            "contrast": self.contrast,
            "saturation": self.saturation,
            "noise_deviation": self.noise_deviation,
        }.items():
            expect_number(name, strength, 0.0)
        expect_number("hue times colour_strength", self.hue * self.colour_strength, 0.0, 0.5)
        if not 0 < self.blur_kernel_fraction < 1:
            raise UserError(f"blur_kernel_fraction: expected a number between 0 and 1, got {self.blur_kernel_fraction}")

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> MultiView:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Returns:
            Two normalised float32 views of every image.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        drawn = [self.draw(batch.sizes, draws.stream("view", number), number) for number in range(2)]
        views = make_drawn(
            batch,
            [(each, self.side) for each in drawn],
            mean=self.mean,
            standard_deviation=self.standard_deviation,
        )
        index = torch.arange(len(batch), device=batch.pixels.device) if index is None else index
        return MultiView(index, views)

    @property
    def side(self) -> int:
        """Height and width of a view in pixels."""
        return self.image_size if self.view_size is None else self.view_size

    def draw(self, sizes: Int[Tensor, "n 2"], draws: Draws, number: int) -> DrawnView:
        """What one view of each image will be: box, flip, and the changes with their numbers.

        Args:
            sizes: height and width of each image in pixels.
            draws: of this view alone.
            number: 0 or 1, for what differs between the first and the second view.
        """
        boxes = random_crop_boxes(sizes, draws.stream("crop"), scale=self.crop_scale, ratio=self.crop_ratio)
        flipped = draws.stream("flip").chance(self.flip_probability)
        bare = self.one_sided and number == 1
        return DrawnView(boxes, flipped, [] if bare else self._changes(draws, number))

    def describe(self) -> list[str]:
        """What is left out for images with this number of channels, a sentence each."""
        if self.channels == 3:
            return []
        strength = self.colour_probability * self.colour_strength
        wanted = {
            "saturation": strength * self.saturation,
            "hue": strength * self.hue,
            "greyscale": self.grey_probability,
        }
        left_out = [name for name, amount in wanted.items() if amount > 0]
        have = f"images have {self.channels} channel{'s' if self.channels > 1 else ''}"
        return [f"{name}: left out, needs 3 channels and {have}" for name in left_out]

    def _changes(self, draws: Draws, number: int) -> list[Change]:
        turned = draws.stream("turned").chance(self.rotation_probability)
        changes = [Change(quarter_turns, turned, [draws.stream("turns").integers(3) + 1]), self._colours(draws)]
        blur = partial(gaussian_blur, kernel=blur_kernel(self.side, self.blur_kernel_fraction))
        blurred = draws.stream("blurred").chance(self.blur_probability[number])
        changes.append(Change(blur, blurred, [draws.stream("sigma").uniform(*self.blur_sigma)]))
        solarised = draws.stream("solarised").chance(self.solarise_probability[number])
        changes.append(Change(partial(solarise, threshold=self.solarise_threshold), solarised))
        changes.append(Change(sobel, draws.stream("sobel").chance(self.sobel_probability)))
        if self.noise_probability > 0:  # a number for every pixel is worth not drawing
            noise = draws.stream("noise").normal(self.channels, self.side, self.side)
            noisy = draws.stream("noisy").chance(self.noise_probability)
            changes.append(Change(partial(add_noise, deviation=self.noise_deviation), noisy, [noise]))
        squares = random_squares(self.side, draws.stream("square"), scale=self.cutout_scale)
        hidden = draws.stream("hidden").chance(self.cutout_probability)
        changes.append(
            Change(partial(cut_out, fill=per_channel(self.mean, self.channels, 0.0).flatten()), hidden, [squares])
        )
        return changes

    def _colours(self, draws: Draws) -> Change:
        """All that mixes channels, as one change of all images: a map that changes nothing costs less than choosing."""
        coloured = draws.stream("coloured").chance(self.colour_probability)
        greyed = draws.stream("grey").chance(self.grey_probability if self.channels == 3 else 0.0)
        order = draws.stream("colour order").permutations(4)
        factors = [self.colour_strength * each for each in (self.brightness, self.contrast, self.saturation)]
        ranges = [(max(0.0, 1 - most), 1 + most) for most in factors]
        ranges.append((-self.colour_strength * self.hue, self.colour_strength * self.hue))
        drawn = [draws.stream("colour", place).uniform(*each) for place, each in enumerate(ranges)]
        amounts = torch.where(coloured.unsqueeze(1), torch.stack(drawn, 1), torch.tensor([1.0, 1.0, 1.0, 0.0]))
        maps = colour_maps(amounts, order, greyed, self.channels)
        return Change(change_colours, (coloured | greyed).any().expand(len(coloured)), [maps])
