"""Event files as TensorBoard's own writer makes them: python3 make_goldens.py writes here.

Made with the package tensorboard 2.21.0. scalars.tfevents holds what EventFilesTest writes, too; foreign.tfevents has
fields that vgg4j never writes: a session log, a tensor with its plug-in's metadata, a step of several bytes.
"""

import os

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.summary.writer.record_writer import RecordWriter

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = Event(wall_time=1700000000.25, file_version="brain.Event:2")


def write(name, events):
    with open(os.path.join(HERE, name), "wb") as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString(deterministic=True))
        writer.flush()


def scalars(time, step, **values):
    summary = Summary(value=[Summary.Value(tag=tag.replace("__", "/"), simple_value=value) for tag, value in values.items()])
    return Event(wall_time=time, step=step, summary=summary)


def tensor(time, step):
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    value = Summary.Value(tag="loss", metadata=metadata, tensor=TensorProto(dtype=1, float_val=[0.5]))
    return Event(wall_time=time, step=step, summary=Summary(value=[value]))


write(
    "scalars.tfevents",
    [
        HEAD,
        scalars(1700000001.5, 10, loss__train=2.302585),
        scalars(1700000002.75, 128, loss__validation=0.5, naïve=-1e-30),
        scalars(1700000003.0, 3000000000, error=float("nan")),
    ],
)
write(
    "foreign.tfevents",
    [
        HEAD,
        Event(wall_time=1700000000.5, session_log=SessionLog(status=SessionLog.START)),
        tensor(1700000001.0, 1),
        tensor(1700000002.0, 300),
        tensor(1700000003.0, 1 << 40),
    ],
)
