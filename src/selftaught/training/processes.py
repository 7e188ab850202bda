"""The processes of a run: joining those that are there, and starting more on this machine."""

import inspect
import logging
import multiprocessing
import os
import pickle
import signal
import socket
import sys
import traceback
import types
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.strategies.ddp import DDPStrategy
from torch.nn.parallel import DistributedDataParallel

from selftaught.core import Track, UserError
from selftaught.training.devices import resolve_device
from selftaught.training.freed_memory import keep_freed_memory
from selftaught.training.job import Job, TrainingResult, Watcher
from selftaught.training.looking import Look, Onlooker
from selftaught.training.settings import TrainingSettings
from selftaught.training.signals import Interrupted, StopRequest

__all__ = ["connect", "launch", "launched"]

T = TypeVar("T")

_PATIENCE_SECONDS = 30


class _ProcessFailed(RuntimeError):
    """A process ended by itself, with a traceback or without."""


def launched() -> bool:
    """Whether this process is one of several that were started for a run, by us or by torchrun.

    Example:
        >>> from selftaught.training.processes import launched
        >>> launched()
        False
    """
    return "WORLD_SIZE" in os.environ and "LOCAL_RANK" in os.environ


@contextmanager
def connect(settings: TrainingSettings) -> Generator[Fabric, None, None]:
    """This process's device, joined with the other processes of the run if there are any.

    Torch's default random numbers are as before in the end.
    """
    device = resolve_device(settings.device)
    keep_freed_memory()
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    processes = int(os.environ["WORLD_SIZE"]) if launched() else 1
    if processes == 1:
        fabric = Fabric(accelerator=device.type, devices=1, precision="32-true", plugins=[LightningEnvironment()])
    else:
        here = int(os.environ["LOCAL_WORLD_SIZE"])
        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(max(1, _cores() // here))
        fabric = Fabric(
            accelerator=device.type,
            devices=here,
            num_nodes=processes // here,
            strategy=DDPStrategy(gradient_as_bucket_view=True, **_keep_buffers()),
            precision="32-true",
            plugins=[TorchElasticEnvironment()],
        )
    ours = not dist.is_initialized()
    fabric.launch()
    try:
        with torch.random.fork_rng(devices=[fabric.device] if device.type == "cuda" else []):
            yield fabric
    finally:
        if ours and dist.is_initialized():
            dist.destroy_process_group()


def launch(
    work: Callable[[Job, Track, Sequence[Watcher], Sequence[Onlooker]], TrainingResult],
    job: Job,
    track: Track,
    watchers: Sequence[Watcher] = (),
    onlookers: Sequence[Onlooker] = (),
) -> TrainingResult:
    """Run `work` in `job.settings.devices` new processes on this machine, and show here what the first one shows.

    SIGTERM and SIGINT to this process are passed on, so that the new processes write a checkpoint and stop.

    Args:
        work: what each process does: a function at the top of a module.
        job: what it does it with; copied into each process.
        track: shows how far the first process is.
        watchers: are shown the rows that the first process logs.
        onlookers: are shown the first process's looks.

    Raises:
        UserError: the job cannot be copied, or a process raised one.
        Interrupted: the processes were asked to stop, and have.
        RuntimeError: a process failed; the message holds its traceback.
    """
    count = job.settings.devices
    try:
        payload = pickle.dumps((work, job))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise UserError(
            "several devices: expected a method, data and view maker that can be copied into other processes, "
            f"made of classes and functions at the top of a module: {error}"
        ) from error
    context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
    if context.get_start_method() == "forkserver":  # imports what the processes need once, not once for each
        context.set_forkserver_preload([work.__module__])
    children: dict[Connection, BaseProcess] = {}
    with ExitStack() as stack:
        stack.callback(lambda: _end(children.values()))
        stack.enter_context(_main_module(hidden=b"__main__" not in payload))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
        for rank in range(count):
            place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
            environment = {**address, **{name: str(value) for name, value in place.items()}}
            receiver, sender = context.Pipe(duplex=False)
            child = context.Process(target=_take_part, args=(payload, environment, sender))
            child.start()
            sender.close()
            children[receiver] = child
        request = stack.enter_context(StopRequest(lambda _: _ask_to_stop(children.values())))
        try:
            return _watch(_messages(children), track, watchers, onlookers)
        except Interrupted as stop:
            raise Interrupted(request.number or stop.signal_number, stop.message) from None
        except BaseException as error:
            for child in children.values():
                child.kill()
            if isinstance(error, _ProcessFailed) and request.number is not None:
                raise Interrupted(request.number, "stopped before the first step") from error
            raise


def _take_part(payload: bytes, environment: Mapping[str, str], sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the launching process decides what Ctrl-C means
    os.environ.update(environment)
    work, job = pickle.loads(payload)
    first = environment["RANK"] == "0"

    def track(items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
        if not first:
            yield from items
            return
        sender.send(("begin", what, total))
        for item in items:
            yield item
            sender.send(("advance",))
        sender.send(("end",))

    def show(step: int, row: Mapping[str, int | float]) -> None:
        sender.send(("row", step, dict(row)))

    def show_look(look: Look) -> None:
        sender.send(("look", look))

    try:
        result = work(job, track, [show], [show_look])  # only the first process shows anything
        if first:
            sender.send(("result", result))
    except Interrupted as stop:
        if first:  # it has written the checkpoint
            sender.send(("raised", stop))
    except UserError as error:
        sender.send(("raised", error))
    except BaseException:
        sender.send(("failed", traceback.format_exc()))
        raise


def _messages(children: Mapping[Connection, BaseProcess]) -> Iterator[tuple[Any, ...]]:
    talking = list(children)
    while talking:
        for receiver in wait(talking):
            assert isinstance(receiver, Connection)
            try:
                yield receiver.recv()
            except EOFError:
                talking.remove(receiver)
                children[receiver].join()
                if children[receiver].exitcode:
                    yield "failed", f"a process ended with exit status {children[receiver].exitcode}"


def _watch(
    messages: Iterator[tuple[Any, ...]], track: Track, watchers: Sequence[Watcher], onlookers: Sequence[Onlooker]
) -> TrainingResult:
    result: TrainingResult | None = None

    def until_end() -> Iterator[None]:
        nonlocal result
        for kind, *content in messages:
            if kind == "end":
                return
            if kind == "advance":
                yield
            elif kind == "begin":
                what, total = content
                for _ in track(until_end(), what, total):
                    pass
            elif kind == "row":
                step, row = content
                for watcher in watchers:
                    watcher(step, row)
            elif kind == "look":
                for onlooker in onlookers:
                    onlooker(content[0])
            elif kind == "result":
                [result] = content
            elif kind == "raised":
                raise content[0]
            else:
                raise _ProcessFailed(f"a training process failed:\n{content[0]}")

    for _ in until_end():
        pass
    if result is None:
        raise _ProcessFailed("the training processes ended without a result")
    return result


def _ask_to_stop(children: Iterable[BaseProcess]) -> None:
    for child in children:
        child.terminate()  # SIGTERM


def _end(children: Iterable[BaseProcess]) -> None:
    for child in children:
        child.join(timeout=_PATIENCE_SECONDS)
        if child.is_alive():
            child.kill()
            child.join()


@contextmanager
def _main_module(*, hidden: bool) -> Generator[None, None, None]:
    # A new process runs the file of the main module again, to find what the payload may need from it. Where the payload
    # needs nothing, that is only harm: a user's script would have to guard itself by `if __name__ == "__main__"`.
    main = sys.modules["__main__"]
    if hidden:
        sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _keep_buffers() -> dict[str, Any]:
    # Processes keep equal buffers by themselves; DDP must not send queues around. It renamed the option in torch 2.14.
    names = inspect.signature(DistributedDataParallel).parameters
    return {"forward_sync_buffers" if "forward_sync_buffers" in names else "broadcast_buffers": False}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
