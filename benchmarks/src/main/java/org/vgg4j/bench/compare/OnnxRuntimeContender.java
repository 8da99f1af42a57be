package org.vgg4j.bench.compare;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.vgg4j.weights.export.OnnxWriter;

/** ONNX Runtime, through its own Java interface. It does not train. */
final class OnnxRuntimeContender implements Contender {
  /** Opens it. */
  public static final class Factory implements Contender.Factory {
    @Override
    public Contender open(Job job) throws IOException, OrtException {
      return new OnnxRuntimeContender(job);
    }
  }

  private final OrtSession session;
  private final OnnxTensor images;

  private OnnxRuntimeContender(Job job) throws IOException, OrtException {
    if (job.workload().trains()) {
      throw new IllegalArgumentException("ONNX Runtime's Java interface does not train");
    }
    Inputs inputs = job.inputs();
    Path model = inputs.folder().resolve("model.onnx");
    OnnxWriter.writeBeside(job.workload().architecture(), Inputs.WEIGHTS, model);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(job.threads());
      options.setInterOpNumThreads(1);
      // idle threads must not take processors from the engine whose turn it is
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      session = environment.createSession(model.toString(), options);
    }
    FloatBuffer values =
        ByteBuffer.allocateDirect(inputs.imageLength() * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    float[] read = new float[inputs.imageLength()];
    Inputs.read(inputs.images(), 0, read);
    values.put(read).flip();
    int crop = job.workload().crop();
    images =
        OnnxTensor.createTensor(
            environment, values, new long[] {job.workload().batch(), 3, crop, crop});
  }

  @Override
  public void run() throws OrtException {
    OrtSession.Result result = session.run(Map.of(OnnxWriter.INPUT, images));
    result.close();
  }

  @Override
  public float[] scores() throws OrtException {
    try (OrtSession.Result result = session.run(Map.of(OnnxWriter.INPUT, images))) {
      FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] scores = new float[values.remaining()];
      values.get(scores);
      return scores;
    }
  }
}
