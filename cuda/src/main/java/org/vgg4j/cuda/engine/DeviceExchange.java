package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.kernels.Descent;

/**
 * Adds the gradients of several GPUs, each of which has computed those of one micro-batch, to what
 * the micro-batches before gave: in the order of the micro-batches and beginning with zero, as
 * {@link DeviceGradients} does on one GPU, so that it gives the same bits. GPU p adds part p of
 * each piece, and all take the sums from it when the batch is complete. All of it is copies and
 * kernels on streams of their own, ordered by events, so a piece is exchanged while the backward
 * pass computes those that follow.
 *
 * <p>A batch is {@link #begin}; for each round of micro-batches their backward passes, then {@link
 * Side#add} on every side, and {@link #next}; then {@link Side#complete} on every side. The sides
 * may be called at the same time by a thread each; but each of these steps must have been made for
 * all sides before the next one, since an event can only be waited for once it is recorded.
 */
final class DeviceExchange implements AutoCloseable {
  private final ExchangePieces pieces;
  private final List<Side> sides = new ArrayList<>();

  /** How many parameters with something in each piece are learnt. */
  private final int[] learnt;

  /** Whether gradients of this batch were added before. */
  private boolean later;

  /**
   * @param devices that learn together, with memory for it
   * @param frozen names of layers whose gradients nobody wants
   */
  DeviceExchange(List<TrainingDevice> devices, Set<String> frozen) {
    DeviceParameters parameters = devices.get(0).memory().parameters();
    this.pieces = new ExchangePieces(parameters, devices.size());
    this.learnt = new int[pieces.all().size()];
    for (DeviceParameter parameter : parameters.all()) {
      if (!frozen.contains(parameter.shape().layer())) {
        for (int piece : piecesOf(parameters, parameter)) {
          learnt[piece]++;
        }
      }
    }
    for (int i = 0; i < devices.size(); i++) {
      sides.add(new Side(devices.get(i), i, frozen));
    }
  }

  private int[] piecesOf(DeviceParameters parameters, DeviceParameter parameter) {
    int from = parameters.offset(parameter);
    return IntStream.range(0, learnt.length)
        .filter(i -> pieces.all().get(i).overlaps(from, parameter.length()))
        .toArray();
  }

  /** Those in which something is learnt, in the order in which they are computed. */
  private int[] exchanged() {
    return IntStream.range(0, learnt.length).filter(i -> learnt[i] > 0).toArray();
  }

  private static long bytes(long floats) {
    return Float.BYTES * floats;
  }

  /** A GPU's side. */
  Side side(int device) {
    return sides.get(device);
  }

  /**
   * Begins a batch. The sums of the batch before stay until all have taken them; what was added of
   * a batch that was not completed is forgotten.
   */
  void begin() {
    later = false;
    for (Side side : sides) {
      for (Side other : sides) {
        side.adds.waitFor(other.finished);
      }
      side.takes.waitFor(side.stepped);
      side.adds.clear(side.room, 0, bytes(pieces.sumsLength()));
      side.beginMicroBatch();
    }
  }

  /** Begins another round of micro-batches. */
  void next() {
    later = true;
    sides.forEach(Side::beginMicroBatch);
  }

  @Override
  public void close() {
    sides.forEach(Side::close);
  }

  /** What a GPU has of it: takes the gradients of its micro-batches. */
  final class Side implements GradientSink {
    private final TrainingDevice device;
    private final int number;
    private final DeviceParameters parameters;
    private final Descent kernel;
    private final DeviceMemory gradients;

    /** The sums of this GPU's parts of all pieces, and behind them what is received of a piece. */
    private final DeviceMemory room;

    private final CudaStream adds;
    private final CudaStream takes;

    /** For each piece, when this GPU has computed it, has added its part, has all sums. */
    private final List<CudaEvent> computed = new ArrayList<>();

    private final List<CudaEvent> added = new ArrayList<>();
    private final List<CudaEvent> taken = new ArrayList<>();

    /** When this GPU has the sums of the whole batch. */
    private final CudaEvent finished;

    /**
     * When this GPU has made the step with them. Until then the next batch's sums must not come,
     * which nothing else prevents where the GPU has no micro-batch of it.
     */
    private final CudaEvent stepped;

    /** The parameters that are complete when a piece has come. */
    private final List<List<DeviceParameter>> completedBy = new ArrayList<>();

    /** All that learn, in the order of the network. */
    private final List<DeviceParameter> all = new ArrayList<>();

    private final int[] toCome;
    private final boolean[] begun;

    private Side(TrainingDevice device, int number, Set<String> frozen) {
      this.device = device;
      this.number = number;
      this.parameters = device.memory().parameters();
      this.kernel = new Descent(device.gpu().library());
      this.gradients = device.memory().allocation().memory(parameters.sums());
      this.room = device.memory().allocation().memory(device.memory().exchange());
      Context context = device.gpu().context();
      this.adds = CudaStream.create(context);
      this.takes = CudaStream.create(context);
      this.finished = CudaEvent.create(context);
      this.stepped = CudaEvent.create(context);
      this.toCome = new int[learnt.length];
      this.begun = new boolean[learnt.length];
      for (int i = 0; i < learnt.length; i++) {
        computed.add(CudaEvent.create(context));
        added.add(CudaEvent.create(context));
        taken.add(CudaEvent.create(context));
        completedBy.add(new ArrayList<>());
      }
      for (DeviceParameter parameter : parameters.all()) {
        if (!frozen.contains(parameter.shape().layer())) {
          int[] of = piecesOf(parameters, parameter);
          completedBy.get(of[of.length - 1]).add(parameter);
          all.add(parameter);
        }
      }
      device.stream().clear(gradients); // what is frozen is never written
      device.stream().synchronize();
    }

    private void beginMicroBatch() {
      System.arraycopy(learnt, 0, toCome, 0, learnt.length);
      Arrays.fill(begun, false);
    }

    /** {@inheritDoc} They are exchanged while the backward pass goes on. */
    @Override
    public boolean isOneStream() {
      return false;
    }

    /** Replaces gradients of an earlier micro-batch, once all have added their parts of those. */
    @Override
    public void take(List<Gradient> ofMicroBatch) {
      ofMicroBatch.forEach(this::take);
    }

    private void take(Gradient gradient) {
      DeviceParameter parameter = gradient.parameter();
      CudaStream stream = device.stream();
      int[] of = piecesOf(parameters, parameter);
      for (int piece : of) {
        if (later && !begun[piece]) {
          sides.forEach(side -> stream.waitFor(side.added.get(piece)));
        }
        begun[piece] = true;
      }
      kernel.addSlices(
          stream,
          gradient.address(),
          gradient.slices(),
          parameter.sum(),
          parameter.length(),
          false);
      for (int piece : of) {
        toCome[piece]--;
        if (toCome[piece] == 0) {
          computed.get(piece).record(stream);
        }
      }
    }

    /**
     * Adds this GPU's parts, of micro-batches whose backward passes have been enqueued.
     *
     * @param count GPUs that have one: the first of them
     */
    void add(int count) {
      for (int index : exchanged()) {
        ExchangePieces.Piece piece = pieces.all().get(index);
        long part = bytes(piece.partFrom(number));
        int length = piece.partLength(number);
        int place = 0;
        for (Side other : sides.subList(0, count)) {
          adds.waitFor(other.computed.get(index));
          if (length == 0) {
            continue;
          }
          long from = gradients.address() + part;
          if (other != this) {
            long to = bytes(pieces.sumsLength() + (long) place * piece.partLength());
            adds.copy(other.gradients, part, room, to, bytes(length));
            from = room.address() + to;
            place++;
          }
          kernel.addSlices(adds, from, 1, room.address() + bytes(piece.sumAt()), length, true);
        }
        added.get(index).record(adds);
      }
    }

    /**
     * Takes the sums from all GPUs, and makes the step with them: with each piece as it comes, but
     * with all at the end where their norm decides.
     */
    void complete() {
      boolean clips = device.descent().clips();
      for (int index : exchanged()) {
        ExchangePieces.Piece piece = pieces.all().get(index);
        for (Side other : sides) {
          takes.waitFor(other.added.get(index));
          int length = piece.partLength(other.number);
          if (length > 0) {
            long to = bytes(piece.partFrom(other.number));
            takes.copy(other.room, bytes(piece.sumAt()), gradients, to, bytes(length));
          }
        }
        taken.get(index).record(takes);
        device.stream().waitFor(taken.get(index));
        List<DeviceParameter> completed = completedBy.get(index);
        if (!completed.isEmpty() && !clips) {
          device.descent().takeAll(completed);
        }
      }
      if (clips) {
        device.descent().takeAll(all);
      }
      finished.record(takes);
      stepped.record(device.stream());
    }

    /** Waits for what is enqueued. */
    void synchronize() {
      adds.synchronize();
      takes.synchronize();
    }

    private void close() {
      for (List<CudaEvent> events : List.of(computed, added, taken)) {
        events.forEach(CudaEvent::close);
      }
      finished.close();
      stepped.close();
      adds.close();
      takes.close();
    }
  }
}
