package org.vgg4j.bench.compare;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Training;
import org.vgg4j.train.Sgd;

/** This project's engine, as its commands use it. */
final class VggContender implements Contender {
  /** Opens it. */
  public static final class Factory implements Contender.Factory {
    @Override
    public Contender open(Job job) throws IOException {
      return new VggContender(job);
    }
  }

  private final Engine engine;
  private final Parameters parameters;
  private final float[] images;
  private final int[] labels;
  private final int[] samples;
  private final @Nullable Training training;
  private final @Nullable Sgd sgd;
  private @Nullable Inference inference;

  private VggContender(Job job) throws IOException {
    Inputs inputs = job.inputs();
    this.engine = new Engine(job.threads());
    this.parameters = Parameters.zeros(job.workload().architecture());
    long offset = 0;
    for (ParameterShape shape : parameters.architecture().parameters()) {
      Inputs.read(inputs.weights(), offset, parameters.values(shape.name()));
      offset += (long) shape.length() * Float.BYTES;
    }
    this.images = new float[inputs.imageLength()];
    Inputs.read(inputs.images(), 0, images);
    this.labels = inputs.labels();
    this.samples = new int[labels.length];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = i;
    }
    if (job.workload().trains()) {
      this.training = engine.training(parameters, job.workload().batch(), job.dropout());
      this.sgd = new Sgd(parameters, engine, Job.MOMENTUM, Job.WEIGHT_DECAY, true, Set.of());
      sgd.setRate(job.rate());
    } else {
      this.training = null;
      this.sgd = null;
    }
  }

  @Override
  public void run() {
    if (training == null || sgd == null) {
      inference().scores(images, labels.length);
      return;
    }
    DropoutKeys keys = new DropoutKeys(1, 0, samples);
    training.run(images, labels, labels.length, 1f / labels.length, keys, sgd);
  }

  @Override
  public float[] scores() {
    Inference forward = inference();
    if (training != null) {
      forward.weightsChanged();
    }
    return forward.scores(images, labels.length).clone();
  }

  /** Made on first use, so that a training process does not pay for it in memory. */
  private Inference inference() {
    Inference made = inference;
    if (made == null) {
      made = engine.inference(parameters, labels.length, Set.of());
      inference = made;
    }
    return made;
  }
}
