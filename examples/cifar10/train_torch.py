"""Trains the residual network of networks.js for CIFAR-10 in PyTorch, and goes on where it was stopped.

    node examples/cifar10/torch-model.js start --data <CIFAR-10> --out out/start
    python examples/cifar10/train_torch.py --data <CIFAR-10> --model out/start --out out/torch
    node examples/cifar10/torch-model.js finish --from out/torch --out out/cifar10

<CIFAR-10> is a folder with data_batch_*.bin and test_batch.bin, in CIFAR-10's binary format. A float
network is trained first, as the teacher that the binary one learns from. Needs torch and numpy; runs on
a GPU if there is one. --out gets model.json, weights.bin and log.csv; teacher.pt and teacher-logits.npy,
which are taken again if they are there; and checkpoint.pt.
"""

import argparse
import csv
import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SIDE = 32
SHIFT = 2
CROPPED_SIDE = 24
GRAY = 128
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def half():
    """Convolutions in bfloat16, sums of losses in float32."""
    return torch.autocast(DEVICE, torch.bfloat16)


# Data


def read_records(paths):
    """Images [n, 3, 32, 32] of 0 to 255, and labels."""
    records = np.concatenate([np.fromfile(path, np.uint8).reshape(-1, 3073) for path in paths])
    images = torch.from_numpy(records[:, 1:].reshape(-1, 3, SIDE, SIDE).copy())
    return images.to(DEVICE), torch.from_numpy(records[:, 0].astype(np.int64)).to(DEVICE)


class Pieces:
    """Random pieces of images, some of them mirrored."""

    def __init__(self, images):
        self.padded = F.pad(images, (SHIFT,) * 4, value=GRAY)

    def take(self, places, side):
        """`side` 32: shifted by up to 2 pixels; less: from anywhere inside. Also says what is mirrored."""
        count = len(places)
        first = SHIFT if side < SIDE else 0
        ends = first + (SIDE - side if side < SIDE else 2 * SHIFT) + 1
        top = torch.randint(first, ends, (count,), device=DEVICE)
        left = torch.randint(first, ends, (count,), device=DEVICE)
        windows = self.padded.unfold(2, side, 1).unfold(3, side, 1)
        pieces = windows[places, :, top, left]
        mirrored = torch.rand(count, device=DEVICE) < 0.5
        pieces = torch.where(mirrored[:, None, None, None], pieces.flip(3), pieces)
        return pieces, mirrored.long()


def batches(count, size):
    """All places in a new order, in batches; the last ones that fill none are left out."""
    return torch.randperm(count, device=DEVICE)[: count - count % size].split(size)


@torch.no_grad()
def logits_of(network, images):
    network.eval()
    return torch.cat([network(part) for part in images.split(500)])


def accuracy_of(network, images, labels):
    return (logits_of(network, images).argmax(1) == labels).sum().item() / len(labels)


# The binary network


def sign(x):
    return x.ge(0).to(x.dtype).mul_(2).sub_(1)


class ApproxSign(torch.autograd.Function):
    """The sign, and of 0 it is 1; its gradient is 2 - 2|x| for |x| < 1, otherwise 0."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return sign(x)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return x.abs().mul_(-2).add_(2).clamp_(min=0).mul_(gradient)


class SteSign(torch.autograd.Function):
    """The sign; its gradient is 1, as weights are kept within -1 and 1."""

    @staticmethod
    def forward(ctx, x, dtype):
        return sign(x).to(dtype)

    @staticmethod
    def backward(ctx, gradient):
        return gradient.float(), None


class BinaryConv(nn.Module):
    def __init__(self, filters):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(filters, filters, 3, 3))

    def forward(self, x):
        return F.conv2d(ApproxSign.apply(x), SteSign.apply(self.weight, x.dtype), padding=1)


class ResidualNet(nn.Module):
    """residualNet of networks.js. `keras_layers` has the layers with weights in the order of model.json."""

    def __init__(self, filters, blocks, classes):
        super().__init__()
        norm = lambda: nn.BatchNorm2d(filters, eps=1e-3, momentum=0.1)
        self.stem = nn.Conv2d(3, filters, 5, stride=2, bias=False)
        self.stem_norm = norm()
        self.keras_layers = [self.stem, self.stem_norm]
        self.stages = nn.ModuleList()
        for stage in range(3):
            if stage > 0:
                filters *= 2
            self.stages.append(nn.ModuleList())
            for _ in range(blocks):
                block = nn.ModuleList([BinaryConv(filters), norm(), norm()])
                self.stages[-1].append(block)
                self.keras_layers.extend(block)
        self.dense = nn.Linear(filters, classes)
        self.keras_layers.append(self.dense)

    def forward(self, pixels):
        x = (pixels.float() / 64 - 2).contiguous(memory_format=torch.channels_last)
        # Keras pads a side of even length for strides of 2 more at its end.
        x = self.stem_norm(self.stem(F.pad(x, (1, 2, 1, 2))))
        for stage, blocks in enumerate(self.stages):
            if stage > 0:
                x = F.max_pool2d(x, 2)
                x = torch.cat([x, x], 1)
            for conv, norm, sum_norm in blocks:
                x = sum_norm(x + norm(conv(x)))
        with torch.autocast(DEVICE, enabled=False):
            return self.dense(x.float().mean((2, 3)))

    @torch.no_grad()
    def clip(self):
        for layer in self.keras_layers:
            if isinstance(layer, BinaryConv):
                layer.weight.clamp_(-1, 1)


def manifest_of(folder):
    """The model's layers, and names and shapes of its weights in the order of weights.bin."""
    model = json.loads((folder / "model.json").read_text())
    topology = model["modelTopology"]
    config = topology.get("model_config", topology)["config"]
    specs = [spec for group in model["weightsManifest"] for spec in group["weights"]]
    assert all(spec["dtype"] == "float32" and "quantization" not in spec for spec in specs)
    return config["layers"], specs


def new_network(folder):
    layers, specs = manifest_of(folder)
    shapes = {spec["name"].split("/")[0]: spec["shape"] for spec in specs if "kernel" in spec["name"]}
    kernels = list(shapes.values())
    return ResidualNet(kernels[0][-1], (len(kernels) - 2) // 3, kernels[-1][-1])


def weights_by_name(network, folder):
    """The tensors of the network by their names in model.json, and where Keras has another order, how."""
    layers, specs = manifest_of(folder)
    stored = {spec["name"].split("/")[0] for spec in specs}
    names = [layer["config"]["name"] for layer in layers if layer["config"]["name"] in stored]
    assert len(names) == len(network.keras_layers)
    found = {}
    for name, layer in zip(names, network.keras_layers):
        if isinstance(layer, nn.BatchNorm2d):
            found[f"{name}/gamma"] = layer.weight, None
            found[f"{name}/beta"] = layer.bias, None
            found[f"{name}/moving_mean"] = layer.running_mean, None
            found[f"{name}/moving_variance"] = layer.running_var, None
        elif isinstance(layer, nn.Linear):
            found[f"{name}/kernel"] = layer.weight, (1, 0)
            found[f"{name}/bias"] = layer.bias, None
        else:
            found[f"{name}/kernel"] = layer.weight, (2, 3, 1, 0)  # from OIHW to HWIO
    return specs, found


@torch.no_grad()
def read_weights(network, folder):
    specs, tensors = weights_by_name(network, folder)
    values = np.fromfile(folder / "weights.bin", np.float32)
    assert len(values) == sum(int(np.prod(spec["shape"])) for spec in specs)
    for spec in specs:
        tensor, order = tensors[spec["name"]]
        size = int(np.prod(spec["shape"]))
        value = torch.from_numpy(values[:size].reshape(spec["shape"]).copy())
        values = values[size:]
        if order:
            value = value.permute(*np.argsort(order).tolist())
        assert value.shape == tensor.shape
        tensor.copy_(value)


@torch.no_grad()
def write_weights(network, model, out):
    specs, tensors = weights_by_name(network, model)
    with open(out / "weights.bin.part", "wb") as file:
        for spec in specs:
            tensor, order = tensors[spec["name"]]
            value = tensor.permute(*order) if order else tensor
            assert list(value.shape) == spec["shape"]
            file.write(value.float().cpu().contiguous().numpy().tobytes())
    os.replace(out / "weights.bin.part", out / "weights.bin")
    if model.resolve() != out.resolve():
        shutil.copy(model / "model.json", out / "model.json")


# The teacher


class Teacher(nn.Module):
    """The float network of Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024)."""

    def __init__(self, classes=10):
        super().__init__()
        norm = lambda filters: nn.BatchNorm2d(filters, eps=1e-12, momentum=0.4)
        self.register_buffer("mean", torch.zeros(1, 3, 1, 1))
        self.register_buffer("deviation", torch.ones(1, 3, 1, 1))
        self.whiten = nn.Conv2d(3, 24, 2)
        self.whiten.weight.requires_grad = False
        nn.init.zeros_(self.whiten.bias)
        self.blocks = nn.ModuleList()
        before = 24
        for filters in (64, 256, 256):
            first = nn.Conv2d(before, filters, 3, padding=1, bias=False)
            second = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
            for conv in (first, second):
                nn.init.dirac_(conv.weight[: conv.weight.shape[1]].data)
            self.blocks.append(nn.ModuleList([first, norm(filters), second, norm(filters)]))
            before = filters
        for layer in self.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.weight.requires_grad = False
        self.dense = nn.Linear(before, classes, bias=False)

    @torch.no_grad()
    def start(self, images):
        """Sees what pixels are like, and takes the directions of 2x2 patches as its first filters."""
        some = images[:: max(1, len(images) // 5000)].float()
        self.mean.copy_(some.mean((0, 2, 3), keepdim=True))
        self.deviation.copy_(some.std((0, 2, 3), keepdim=True))
        pixels = (some - self.mean) / self.deviation
        patches = pixels.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12)
        values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (vectors / (values + 5e-4).sqrt()).T.reshape(12, 3, 2, 2)
        self.whiten.weight.copy_(torch.cat([filters, -filters]))

    def forward(self, pixels):
        x = (pixels - self.mean) / self.deviation
        x = F.gelu(self.whiten(x.contiguous(memory_format=torch.channels_last)))
        for first, first_norm, second, second_norm in self.blocks:
            x = F.gelu(first_norm(F.max_pool2d(first(x), 2)))
            x = F.gelu(second_norm(second(x)))
        x = F.max_pool2d(x, 3).flatten(1)
        with torch.autocast(DEVICE, enabled=False):
            return self.dense(x.float()) / 9


def train_teacher(images, labels, test, epochs, size=512):
    teacher = Teacher().to(DEVICE)
    teacher.start(images)
    teacher.to(memory_format=torch.channels_last)
    rate, decay = 1.5 * size / 1024, 0.00133
    norms, others = [], []
    for name, weight in teacher.named_parameters():
        if weight.requires_grad:
            (norms if "blocks" in name and weight.ndim == 1 else others).append(weight)
    groups = [
        {"params": others, "highest": rate, "weight_decay": decay},
        {"params": norms, "highest": 64 * rate, "weight_decay": decay / 64},
    ]
    optimizer = torch.optim.SGD(groups, lr=rate, momentum=0.85, nesterov=True)
    pieces = Pieces(images)
    steps, step = epochs * (len(labels) // size), 0
    for epoch in range(epochs):
        teacher.train()
        started, right, total = time.time(), 0, 0.0
        places_of_epoch = batches(len(labels), size)
        for places in places_of_epoch:
            # Up from a fifth in the first part, then down to a fourteenth.
            part = np.interp(step / steps, [0, 0.23, 1], [0.2, 1, 0.07])
            for group in optimizer.param_groups:
                group["lr"] = group["highest"] * float(part)
            part_images, _ = pieces.take(places, SIDE)
            with half():
                logits = teacher(part_images)
                loss = F.cross_entropy(logits, labels[places])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            total += loss.item()
            right += (logits.argmax(1) == labels[places]).sum().item()
        seconds, seen = time.time() - started, len(places_of_epoch) * size
        print(
            f"teacher, epoch {epoch + 1} of {epochs}: {seen / seconds:.0f} images/s,"
            f" loss {total / len(places_of_epoch):.4f}, training {right / seen:.4f},"
            f" test {accuracy_of(teacher, *test):.4f}",
            flush=True,
        )
    return teacher


def taught(options, images, labels, test):
    """The teacher's logits: [2, images, classes], the second for mirrored images."""
    file = options.out / "teacher-logits.npy"
    if file.exists():
        logits = torch.from_numpy(np.load(file)).to(DEVICE)
        if logits.shape[1] == len(labels):
            return logits
    weights = options.out / "teacher.pt"
    if weights.exists():
        teacher = Teacher().to(DEVICE)
        teacher.load_state_dict(torch.load(weights, map_location=DEVICE))
        teacher.to(memory_format=torch.channels_last)
    else:
        teacher = train_teacher(images, labels, test, options.teacher_epochs)
        torch.save(teacher.state_dict(), weights)
    print(f"teacher: test accuracy {accuracy_of(teacher, *test):.4f}", flush=True)
    with half():
        logits = torch.stack([logits_of(teacher, images), logits_of(teacher, images.flip(3))])
    print(f"teacher: training accuracy {(logits[0].argmax(1) == labels).float().mean():.4f}", flush=True)
    np.save(file, logits.cpu().numpy())
    return logits


# Training


def rate_at(part, warm_up, options):
    """What the rate is after a part of all steps: up, steady, and in a straight line down to 0."""
    down = min(1, (1 - part) / (1 - options.steady))
    return options.rate * min(1, part / warm_up, down)


def loss_of(logits, labels, said, options):
    loss = F.cross_entropy(logits, labels)
    if said is None:
        return loss
    t = options.temperature
    student = F.log_softmax(logits / t, 1)
    teacher = F.log_softmax(said / t, 1)
    apart = F.kl_div(student, teacher, reduction="batchmean", log_target=True)
    return (1 - options.share) * loss + options.share * t * t * apart


def train(options, network, images, labels, test, said):
    optimizer = torch.optim.Adam(network.parameters(), lr=options.rate, eps=1e-7, fused=True)
    checkpoint, log = options.out / "checkpoint.pt", []
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=False)
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        torch.set_rng_state(saved["random"])
        log = saved["log"]
        print(f"Going on after epoch {len(log)}", flush=True)
    pieces = Pieces(images)
    size = options.batch
    in_epoch = len(labels) // size
    steps = options.epochs * in_epoch
    for epoch in range(len(log), options.epochs):
        network.train()
        side = CROPPED_SIDE if epoch < options.cropped_epochs else SIDE
        started, losses, right = time.time(), [], []
        for i, places in enumerate(batches(len(labels), size)):
            rate = rate_at((epoch * in_epoch + i + 1) / steps, 0.5 / options.epochs, options)
            optimizer.param_groups[0]["lr"] = rate
            part, mirrored = pieces.take(places, side)
            with half():
                logits = network(part)
            answers = None if said is None else said[mirrored, places]
            loss = loss_of(logits, labels[places], answers, options)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            network.clip()
            losses.append(loss.detach())
            right.append((logits.argmax(1) == labels[places]).float().mean())
        seconds = time.time() - started
        row = {
            "epoch": epoch + 1,
            "learningRate": rate,
            "loss": torch.stack(losses).mean().item(),
            "trainingAccuracy": torch.stack(right).mean().item(),
            "accuracy": accuracy_of(network, *test),
            "seconds": seconds,
        }
        log.append(row)
        saved = {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "log": log,
        }
        torch.save(saved, f"{checkpoint}.part")
        os.replace(f"{checkpoint}.part", checkpoint)
        with open(options.out / "log.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, row.keys())
            writer.writeheader()
            writer.writerows(log)
        write_weights(network, options.model, options.out)
        # Time goes by pixels.
        cost = lambda e: CROPPED_SIDE**2 if e < options.cropped_epochs else SIDE**2
        left = seconds / side**2 * sum(cost(e) for e in range(epoch + 1, options.epochs))
        print(
            f"epoch {epoch + 1} of {options.epochs}: {in_epoch * size / seconds:.0f} images/s,"
            f" rate {rate:.2g}, loss {row['loss']:.4f}, training {row['trainingAccuracy']:.4f},"
            f" test {row['accuracy']:.4f}, {left / 60:.0f} min left",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="the folder to start from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--cropped-epochs", type=int, default=0, help="so many at first on 24x24")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--steady", type=float, default=0.4, help="part of steps at that rate")
    parser.add_argument("--teacher-epochs", type=int, default=8, help="0: no teacher")
    parser.add_argument("--share", type=float, default=0.7, help="the teacher's, of the loss")
    parser.add_argument("--temperature", type=float, default=2)
    parser.add_argument("--images", type=int, help="so many training images only")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    images, labels = read_records(sorted(options.data.glob("data_batch_*.bin")))
    if options.images:
        chosen = torch.randperm(len(labels))[: options.images].to(DEVICE)
        images, labels = images[chosen], labels[chosen]
    test = read_records([options.data / "test_batch.bin"])
    network = new_network(options.model)
    read_weights(network, options.model)
    network.to(DEVICE).to(memory_format=torch.channels_last)
    print(f"{len(labels)} images, on {DEVICE}", flush=True)
    said = taught(options, images, labels, test) if options.teacher_epochs > 0 else None
    train(options, network, images, labels, test, said)
    write_weights(network, options.model, options.out)
    print(f"test accuracy {accuracy_of(network, *test):.4f}", flush=True)


if __name__ == "__main__":
    main()
