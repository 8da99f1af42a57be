package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.kernels.Loss;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Table;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;

/**
 * All that a learner has on the GPU.
 *
 * @param allocation that it lies in
 * @param parameters weights, velocities and sums of gradients
 * @param network its stages
 * @param input address of what {@link ImageFeed} copies
 * @param inputBytes of it
 * @param scoreGradient of the largest micro-batch
 * @param totals address of two doubles: loss and correct images
 * @param lossWorkspace address
 * @param commonTargets address of what the targets of all images have in common; 0 where the
 *     network finds boxes
 * @param rates address of a learning rate for each parameter
 * @param tables address of what {@link DeviceTables} keeps
 * @param norms address of what {@link GradientClip} finds out; 0 if gradients are not clipped
 * @param exchange address of what several GPUs exchange through; 0 for one
 */
record TrainingMemory(
    Allocation allocation,
    DeviceParameters parameters,
    TrainingNetwork network,
    long input,
    long inputBytes,
    long scoreGradient,
    long totals,
    long lossWorkspace,
    long commonTargets,
    long rates,
    long tables,
    long norms,
    long exchange) {
  /** Bytes of the totals. */
  static final int TOTALS = 2 * Double.BYTES;

  /**
   * Takes it.
   *
   * @param size what else it depends on
   * @param devices GPUs that learn together; several always collect
   */
  static TrainingMemory take(
      Gpu gpu,
      Architecture architecture,
      LearnerOptions.Size size,
      double dropout,
      int devices,
      Allocation allocation) {
    int capacity = size.microBatch();
    boolean collected = devices > 1 || size.collects();
    DeviceParameters parameters =
        new DeviceParameters(gpu, architecture, allocation, collected, size.averaged());
    TrainingNetwork network = new TrainingNetwork(gpu, parameters, capacity, dropout, allocation);
    int crop = architecture.crop();
    long inputBytes =
        ImageFeed.bytes(capacity, crop, crop, 0) + Objective.bytes(architecture, capacity);
    int learnt = parameters.all().size();
    long scores = (long) capacity * MapShape.padded(architecture.outputs());
    return new TrainingMemory(
        allocation,
        parameters,
        network,
        allocation.take("input", inputBytes),
        inputBytes,
        allocation.take("activations", gpu.precision().bytes(scores)),
        allocation.take("activations", TOTALS),
        allocation.take("activations", Loss.workspace(capacity)),
        architecture.task().isBoxes()
            ? 0
            : allocation.take("activations", commonBytes(architecture.classes())),
        allocation.take("momentum", rateBytes(learnt)),
        allocation.take("momentum", tableBytes(learnt)),
        size.clips() ? allocation.take("momentum", GradientClip.bytes(parameters)) : 0,
        devices == 1
            ? 0
            : allocation.take(
                "exchange between GPUs", new ExchangePieces(parameters, devices).bytes()));
  }

  private static long commonBytes(int classes) {
    return (long) Integer.BYTES * Loss.commonInts(classes);
  }

  /** Bytes of the learning rates of so many parameters. */
  static long rateBytes(int parameters) {
    return (long) Float.BYTES * parameters;
  }

  /** Each backward pass has two tables of parameters, and the sums of a batch have one. */
  private static long tableBytes(int parameters) {
    return (2L * StepGraphs.KEPT + 1) * Table.ROW * parameters;
  }

  /** What it comes to. */
  static MemoryPlan plan(
      Gpu gpu, Architecture architecture, LearnerOptions.Size size, int devices) {
    try (Allocation planned = Allocation.planned()) {
      TrainingMemory unused = take(gpu, architecture, size, 0, devices, planned);
      return planned.plan();
    }
  }

  /** The gradient with respect to the scores of so many images. */
  Planes scoreGradient(Gpu gpu, int images) {
    long values = (long) images * MapShape.padded(network.architecture().outputs());
    return gpu.precision().at(scoreGradient, values);
  }
}
