package org.vgg4j.bench.compare;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.network.Device;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Parameters;

/** vgg4j's own engine, as its commands use it. */
final class VggContender {
  private VggContender() {}

  /** Opens it. */
  public static final class Factory implements Contender.Factory {
    @Override
    public Contender open(Job job) throws IOException {
      Inputs inputs = job.inputs();
      Parameters parameters = Parameters.zeros(job.workload().architecture());
      long offset = 0;
      for (ParameterShape shape : parameters.architecture().parameters()) {
        Inputs.read(inputs.weights(), offset, parameters.values(shape.name()));
        offset += (long) shape.length() * Float.BYTES;
      }
      float[] images = new float[inputs.imageLength()];
      Inputs.read(inputs.images(), 0, images);
      Engine engine = Engines.open(Device.CPU, job.threads());
      return job.workload().trains()
          ? new Training(engine, parameters, job, images)
          : new Forward(engine, parameters, images, inputs.labels().length);
    }
  }

  /** The forward pass. */
  private static final class Forward implements Contender {
    private final Inference inference;
    private final float[] images;
    private final int count;

    Forward(Engine engine, Parameters parameters, float[] images, int count) {
      this.inference = engine.load(parameters).inference(count, Set.of());
      this.images = images;
      this.count = count;
    }

    @Override
    public void run() {
      inference.outputs(images, count);
    }

    @Override
    public float[] scores() {
      return inference.outputs(images, count).clone();
    }
  }

  /** Steps of training. */
  private static final class Training implements Contender {
    private final Engine engine;
    private final Learner learner;
    private final Learner.Batch batch;
    private final float[] images;
    private final List<Target> targets;
    private final DropoutKeys keys;

    Training(Engine engine, Parameters parameters, Job job, float[] images) throws IOException {
      int[] labels = job.inputs().labels();
      LearnerOptions options =
          new LearnerOptions(
              labels.length,
              labels.length,
              job.dropout(),
              new LearnerOptions.Descent(Job.MOMENTUM, Job.WEIGHT_DECAY, true));
      this.engine = engine;
      this.learner = engine.learner(parameters, options, Exchange.ALONE);
      this.batch = new Learner.Batch(labels.length, job.rate());
      this.images = images;
      this.targets = Label.listOf(labels);
      this.keys = new DropoutKeys(1, 0, IntStream.range(0, labels.length).toArray());
    }

    @Override
    public void run() {
      learner.begin(batch);
      learner.add(images, targets, keys);
      Learner.Result unused = learner.update();
    }

    /** Scores with the current weights; the memory for this is not held during training. */
    @Override
    public float[] scores() {
      ParameterStore weights = learner.weights();
      Architecture architecture = weights.architecture();
      Map<String, float[]> arrays = new LinkedHashMap<>();
      for (ParameterShape shape : architecture.parameters()) {
        arrays.put(shape.name(), weights.values(shape.name()));
      }
      return engine
          .load(new Parameters(architecture, arrays))
          .inference(targets.size(), Set.of())
          .outputs(images, targets.size());
    }
  }
}
