"""Training steps in PyTorch, the same as Bandscope's trainings take: forward, backward, clipping, AdamW and a moving average
of the weights, each in the fastest form that PyTorch has for it. Answers as networks.py does."""

import torch
from torch.nn import functional as F

from networks import Kl, UNet, serve, timed

BATCH = 8


class Autoencoder(Kl):
    """L1, Kullback-Leibler term and the differences of neighbours, of simulated images of 64x64."""

    def __init__(self):
        super().__init__((16, 32, 64), blocks=1, latent=3, image=1, groups=4)

    @staticmethod
    def inputs():
        return [2 * torch.rand(BATCH, 1, 64, 64) - 1]

    def loss(self, x):
        mean, logvar = self.encoder(x).chunk(2, 1)
        logvar = logvar.clamp(-30, 20)
        error = self.decoder(mean + torch.exp(logvar / 2) * torch.randn_like(mean)) - x
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum() / x.numel()
        down, right = error[:, :, 1:] - error[:, :, :-1], error[..., 1:] - error[..., :-1]
        return error.abs().mean() + 1e-6 * kl + 0.5 * 0.5 * (down.abs().mean() + right.abs().mean())


class Generator(UNet):
    """L1 on the clean latent of 32x32x3, from a noisy one and its condition."""

    def __init__(self):
        super().__init__(6, 3, (32, 64, 64), blocks=1, groups=8)
        self.levels = torch.linspace(0.999, 0.001, 1000)

    @staticmethod
    def inputs():
        return [torch.randn(BATCH, 3, 32, 32), torch.randn(BATCH, 3, 32, 32)]

    def loss(self, latent, condition):
        times = torch.randint(1000, (BATCH,))
        level = self.levels[times][:, None, None, None]
        noisy = level.sqrt() * latent + (1 - level).sqrt() * torch.randn_like(latent)
        return F.l1_loss(self(torch.cat([noisy, condition], 1), times.float()), latent)


def trainer(network, last):
    layout = torch.channels_last if last else torch.contiguous_format
    model = network().to(memory_format=layout)
    inputs = [x.contiguous(memory_format=layout) for x in network.inputs()]
    parameters = list(model.parameters())
    averages = [p.detach().clone() for p in parameters]
    optimizer = torch.optim.AdamW(parameters, lr=2e-3, weight_decay=0.01, fused=True)

    def step():
        optimizer.zero_grad()
        loss = model.loss(*inputs)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(averages, parameters, 0.002)
        return loss.item(), norm.item()

    return model, step


def build(name):
    network = {"autoencoder": Autoencoder, "generator": Generator}[name]
    steps = [trainer(network, last) for last in (False, True)]
    return steps[0][0], lambda last: timed(steps[last][1])


serve(build)
