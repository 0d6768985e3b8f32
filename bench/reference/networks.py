"""The benchmarks' networks in PyTorch: reads {"build": NAME}, {"run": LAYOUT} and {"memory": true}, a line each, and
answers each with a line. Architectures as in madebyollin/taesd and in diffusers' AutoencoderKL and UNet2DModel."""

import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def conv(n_in, n_out, **options):
    return nn.Conv2d(n_in, n_out, 3, padding=1, **options)


class Add(nn.Module):
    """relu(f(x) + x)"""

    def __init__(self, n):
        super().__init__()
        self.f = nn.Sequential(conv(n, n), nn.ReLU(inplace=True), conv(n, n), nn.ReLU(inplace=True), conv(n, n))

    def forward(self, x):
        return F.relu(self.f(x) + x, inplace=True)


class Taesd(nn.Module):
    def __init__(self, channels=4, n=64):
        super().__init__()
        down = lambda: conv(n, n, stride=2, bias=False)
        encoder = [conv(3, n), Add(n)]
        for _ in range(3):
            encoder += [down(), Add(n), Add(n), Add(n)]
        self.encoder = nn.Sequential(*encoder, conv(n, channels))
        decoder = [conv(channels, n), nn.ReLU(inplace=True)]
        for _ in range(3):
            decoder += [Add(n), Add(n), Add(n), nn.Upsample(scale_factor=2), conv(n, n, bias=False)]
        self.decoder = nn.Sequential(*decoder, Add(n), conv(n, 3))

    def forward(self, x):
        z = self.encoder(x)
        return self.decoder(torch.tanh(z / 3) * 3)


class ResBlock(nn.Module):
    def __init__(self, n_in, n_out, eps, time=None, groups=32):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(groups, n_in, eps), conv(n_in, n_out)
        self.norm2, self.conv2 = nn.GroupNorm(groups, n_out, eps), conv(n_out, n_out)
        self.time = nn.Linear(time, n_out) if time else None
        self.skip = nn.Conv2d(n_in, n_out, 1) if n_in != n_out else nn.Identity()

    def forward(self, x, t=None):
        h = self.conv1(F.silu(self.norm1(x)))
        if self.time is not None:
            h = h + self.time(F.silu(t))[:, :, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(h)))


class Attention(nn.Module):
    def __init__(self, n, eps, head=None, groups=32):
        super().__init__()
        self.norm = nn.GroupNorm(groups, n, eps)
        self.q, self.k, self.v, self.out = (nn.Linear(n, n) for _ in range(4))
        self.heads = n // head if head else 1

    def forward(self, x):
        b, c, h, w = x.shape
        y = self.norm(x).view(b, c, h * w).transpose(1, 2)
        split = lambda t: t.view(b, h * w, self.heads, c // self.heads).transpose(1, 2)
        y = F.scaled_dot_product_attention(split(self.q(y)), split(self.k(y)), split(self.v(y)))
        y = self.out(y.transpose(1, 2).reshape(b, h * w, c))
        return x + y.transpose(1, 2).reshape(b, c, h, w)


class Down(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.conv = nn.Conv2d(n, n, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Up(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.conv = conv(n, n)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Kl(nn.Module):
    def __init__(self, channels=(128, 256, 512, 512), blocks=2, latent=4, eps=1e-6, image=3, groups=32):
        super().__init__()
        deepest = channels[-1]
        block = lambda n, m: ResBlock(n, m, eps, groups=groups)
        middle = lambda: [block(deepest, deepest), Attention(deepest, eps, groups=groups), block(deepest, deepest)]
        out = lambda n, m: [nn.GroupNorm(groups, n, eps), nn.SiLU(), conv(n, m)]
        encoder, n = [conv(image, channels[0])], channels[0]
        for i, m in enumerate(channels):
            for _ in range(blocks):
                encoder.append(block(n, m))
                n = m
            if i < len(channels) - 1:
                encoder.append(Down(m))
        self.encoder = nn.Sequential(*encoder, *middle(), *out(deepest, 2 * latent), nn.Conv2d(2 * latent, 2 * latent, 1))
        decoder, n = [nn.Conv2d(latent, latent, 1), conv(latent, deepest), *middle()], deepest
        for i, m in enumerate(reversed(channels)):
            for _ in range(blocks + 1):
                decoder.append(block(n, m))
                n = m
            if i < len(channels) - 1:
                decoder.append(Up(m))
        self.decoder = nn.Sequential(*decoder, *out(channels[0], image))
        self.latent = latent

    def forward(self, x):
        return self.decoder(self.encoder(2 * x - 1)[:, : self.latent]) / 2 + 0.5


class UNet(nn.Module):
    def __init__(
        self, n_in=6, n_out=3, channels=(128, 256, 512, 512), blocks=2, attention=(2,), head=8, eps=1e-5, groups=32
    ):
        super().__init__()
        block = lambda n, m, head: self.block(n, m, eps, time, head, groups)
        base, time = channels[0], 4 * channels[0]
        self.base = base
        self.time = nn.Sequential(nn.Linear(base, time), nn.SiLU(), nn.Linear(time, time))
        self.first = conv(n_in, base)
        self.down, self.up, n, skips = nn.ModuleList(), nn.ModuleList(), base, [base]
        for i, m in enumerate(channels):
            for _ in range(blocks):
                self.down.append(block(n, m, head if i in attention else None))
                n = m
                skips.append(n)
            if i < len(channels) - 1:
                self.down.append(nn.Conv2d(n, n, 3, stride=2, padding=1))
                skips.append(n)
        self.middle = nn.ModuleList(
            [ResBlock(n, n, eps, time, groups), Attention(n, eps, head, groups), ResBlock(n, n, eps, time, groups)]
        )
        for i, m in reversed(list(enumerate(channels))):
            for _ in range(blocks + 1):
                self.up.append(block(n + skips.pop(), m, head if i in attention else None))
                n = m
            if i > 0:
                self.up.append(Up(n))
        self.last = nn.Sequential(nn.GroupNorm(groups, n, eps), nn.SiLU(), conv(n, n_out))

    @staticmethod
    def block(n, m, eps, time, head, groups):
        attention = [Attention(m, eps, head, groups)] if head else []
        return nn.ModuleList([ResBlock(n, m, eps, time, groups)] + attention)

    def forward(self, x, t):
        half = self.base // 2
        angles = t[:, None] * torch.exp(-torch.log(torch.tensor(10000.0)) * torch.arange(half) / half)
        t = self.time(torch.cat([torch.cos(angles), torch.sin(angles)], 1))
        x = self.first(x)
        skips = [x]
        for layer in self.down:
            if isinstance(layer, nn.ModuleList):
                x = layer[0](x, t)
                for attention in layer[1:]:
                    x = attention(x)
            else:
                x = layer(x)
            skips.append(x)
        x = self.middle[2](self.middle[1](self.middle[0](x, t)), t)
        for layer in self.up:
            if isinstance(layer, nn.ModuleList):
                x = layer[0](torch.cat([x, skips.pop()], 1), t)
                for attention in layer[1:]:
                    x = attention(x)
            else:
                x = layer(x)
        return self.last(x)


class SuperResolution(nn.Module):
    """Encode an LR image, 20 steps of DDIM with a model of the clean latent, decode."""

    def __init__(self):
        super().__init__()
        self.autoencoder = Kl((16, 32, 64), blocks=1, latent=3, image=1, groups=4)
        self.unet = UNet(6, 3, (32, 64, 64), blocks=1, groups=8)
        self.levels = torch.cos(torch.linspace(0.001, 1.569, 1000)) ** 2

    def forward(self, lr):
        latent = self.autoencoder.encoder(2 * lr - 1)[:, :3]
        condition = F.interpolate(latent, scale_factor=4.0, mode="bilinear", align_corners=False)
        z = torch.randn_like(condition)
        times = list(range(950, -1, -50))
        for time, following in zip(times, times[1:] + [None]):
            clean = self.unet(torch.cat([z, condition], 1), torch.full((len(lr),), float(time)))
            level = self.levels[time]
            noise = (z - level.sqrt() * clean) / (1 - level).sqrt()
            after = self.levels[following] if following is not None else torch.ones(())
            z = after.sqrt() * clean + (1 - after).sqrt() * noise
        return self.autoencoder.decoder(z) / 2 + 0.5


class Convolutions(nn.Module):
    """A 3×3 convolution of 128 to 128 channels."""

    def __init__(self):
        super().__init__()
        self.f = conv(128, 128)

    def forward(self, x):
        return self.f(x)


networks = {
    "taesd": lambda: (Taesd(), [torch.rand(1, 3, 256, 256)]),
    "sd-vae": lambda: (Kl(), [torch.rand(1, 3, 256, 256)]),
    "unet": lambda: (UNet(), [torch.randn(1, 6, 64, 64), torch.tensor([500.0])]),
    "super-resolution": lambda: (SuperResolution(), [torch.rand(8, 1, 32, 32)]),
    "conv": lambda: (Convolutions(), [torch.randn(1, 128, 256, 256)]),
}


def forward(model, inputs):
    """One pass without gradients: a function of the layout."""

    def run(last):
        # conversion of weights and input is not timed: it is done once
        model.to(memory_format=torch.channels_last if last else torch.contiguous_format)
        tensors = [x.contiguous(memory_format=torch.channels_last) if last and x.dim() == 4 else x for x in inputs]
        with torch.inference_mode():
            return timed(lambda: model(*tensors))

    model.eval()
    return model, run


def timed(work):
    start, cpu = time.perf_counter(), time.process_time()
    work()
    if torch.get_default_device().type == "cuda":
        torch.cuda.synchronize()
    return {"ms": 1000 * (time.perf_counter() - start), "cpuMs": 1000 * (time.process_time() - cpu)}


def serve(build):
    """`build(name)` gives a model, for its size, and what runs it. The first argument is the number of threads, 0 for a GPU."""
    threads = int(sys.argv[1])
    on_gpu = threads == 0 and torch.cuda.is_available()
    if on_gpu:
        torch.set_default_device("cuda")
    else:
        torch.set_num_threads(threads or 1)
    torch.manual_seed(1)
    device = torch.cuda.get_device_name() if on_gpu else "cpu"
    print(json.dumps({"version": torch.__version__, "device": device}), flush=True)
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        if "build" in request:
            model, run = build(request["build"])
            answer = {"parameters": sum(p.numel() for p in model.parameters())}
        elif "run" in request:
            answer = run(request["run"] == "channels_last")
        else:
            answer = {"bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(lambda name: forward(*networks[name]()))
