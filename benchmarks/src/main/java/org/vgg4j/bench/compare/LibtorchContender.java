package org.vgg4j.bench.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/**
 * libtorch, PyTorch's C++ library, through JavaCPP's bindings: the operators that torchvision's VGG
 * calls, in the same order.
 */
final class LibtorchContender implements Contender {
  /** Opens it. */
  public static final class Factory implements Contender.Factory {
    @Override
    public Contender open(Job job) throws IOException {
      return new LibtorchContender(job);
    }
  }

  /** The memory layout of tensors, and the type of their numbers. */
  enum Form {
    CONTIGUOUS,
    CHANNELS_LAST,
    /**
     * Channels last, computing with 16 bits as in PyTorch's autocast: in training, the weights and
     * their gradients stay at 32, since 16 bits would lose most of a step.
     */
    BFLOAT16
  }

  private static final long[] ZERO = {0, 0};
  private static final long[] ONE = {1, 1};
  private static final long[] TWO = {2, 2};

  private final Job job;
  private final Form form;
  private final Architecture architecture;
  private final List<Tensor> parameters = new ArrayList<>();
  private final Tensor images;
  private final Tensor labels;
  private final @Nullable SGD optimizer;

  private LibtorchContender(Job job) throws IOException {
    this.job = job;
    this.form = Form.valueOf(job.variant());
    this.architecture = job.workload().architecture();
    torch.set_num_threads(job.threads());
    torch.set_num_interop_threads(1);
    torch.manual_seed(1);
    Inputs inputs = job.inputs();
    long offset = 0;
    for (ParameterShape shape : architecture.parameters()) {
      long[] sizes = shape.dimensions().stream().mapToLong(Integer::longValue).toArray();
      Tensor parameter = load(inputs.weights(), offset, !job.workload().trains(), sizes);
      parameters.add(parameter.set_requires_grad(job.workload().trains()));
      offset += (long) shape.length() * Float.BYTES;
    }
    int crop = architecture.crop();
    this.images = load(inputs.images(), 0, true, job.workload().batch(), 3, crop, crop);
    this.labels = classes(inputs.labels());
    this.optimizer = job.workload().trains() ? optimizer() : null;
  }

  /**
   * Reads a tensor straight into libtorch's memory and converts it to the wanted form.
   *
   * @param narrow whether that form may have 16 bits
   */
  private Tensor load(Path file, long offset, boolean narrow, long... sizes) throws IOException {
    Tensor read = torch.empty(sizes);
    BytePointer bytes = new BytePointer(read.data_ptr()).capacity(read.nbytes());
    Inputs.read(file, offset, bytes.asByteBuffer());
    Tensor typed = read;
    if (narrow && form == Form.BFLOAT16) {
      typed = read.to(ScalarType.BFloat16);
      read.close();
    }
    if (form == Form.CONTIGUOUS || sizes.length != 4) {
      return typed;
    }
    Tensor ordered = typed.contiguous(MemoryFormat.ChannelsLast);
    typed.close();
    return ordered;
  }

  private static Tensor classes(int[] labels) {
    long[] values = new long[labels.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = labels[i];
    }
    Tensor tensor = torch.zeros(new long[] {labels.length}).to(ScalarType.Long);
    new LongPointer(tensor.data_ptr()).put(values);
    return tensor;
  }

  private SGD optimizer() {
    SGDOptions options = new SGDOptions(job.rate());
    options.momentum().put(Job.MOMENTUM);
    options.weight_decay().put(Job.WEIGHT_DECAY);
    return new SGD(new TensorVector(parameters.toArray(Tensor[]::new)), options);
  }

  private Tensor forward(double dropout) {
    Tensor x = images;
    int next = 0;
    boolean flat = false;
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.Convolution convolution) {
        long[] pads = {convolution.kernel() / 2, convolution.kernel() / 2};
        Tensor weight = computed(parameters.get(next++));
        TensorOptional bias = new TensorOptional(computed(parameters.get(next++)));
        x = torch.relu_(torch.conv2d(x, weight, bias, ONE, pads, ONE, 1));
      } else if (layer instanceof Layer.MaxPool) {
        x = torch.max_pool2d(x, TWO, TWO, ZERO, ONE, false);
      } else if (layer instanceof Layer.FullyConnected connected) {
        if (!flat) {
          x = x.flatten(1, -1);
          flat = true;
        }
        Tensor weight = computed(parameters.get(next++));
        TensorOptional bias = new TensorOptional(computed(parameters.get(next++)));
        x = torch.linear(x, weight, bias);
        if (connected.hidden()) {
          x = torch.relu_(x);
          x = dropout > 0 ? torch.dropout(x, dropout, true) : x;
        }
      } else {
        throw new IllegalArgumentException("libtorch has no operator for " + layer.name());
      }
    }
    return x;
  }

  /** The parameter in the type used for computing. */
  private Tensor computed(Tensor parameter) {
    return form == Form.BFLOAT16 ? parameter.to(ScalarType.BFloat16) : parameter;
  }

  @Override
  public void run() {
    try (PointerScope scope = new PointerScope()) {
      if (optimizer == null) {
        try (NoGradGuard guard = new NoGradGuard()) {
          forward(0);
        }
        return;
      }
      optimizer.zero_grad();
      Tensor scores = forward(job.dropout()).to(ScalarType.Float);
      Tensor loss = torch.cross_entropy_loss(scores, labels);
      loss.backward();
      optimizer.step();
    }
  }

  @Override
  public float[] scores() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor scores = forward(0).to(ScalarType.Float).contiguous();
      float[] values = new float[(int) scores.numel()];
      scores.data_ptr_float().get(values);
      return values;
    }
  }
}
