package org.vgg4j.weights.format;

/** The formats that are read. */
public enum Format {
  /** The output of torch.save since PyTorch 1.6: an archive of a pickle and raw numbers. */
  PYTORCH("PyTorch"),
  /** The output of torch.save before that: pickles, then raw numbers. */
  PYTORCH_LEGACY("PyTorch, before 1.6"),
  /** Hugging Face's format, and ours. */
  SAFETENSORS("safetensors"),
  /** Caffe's NetParameter, a protocol buffer. */
  CAFFE("Caffe"),
  /** HDF5, as Keras writes it. */
  KERAS("Keras HDF5"),
  /** Open Neural Network Exchange, a protocol buffer. */
  ONNX("ONNX");

  private final String label;

  Format(String label) {
    this.label = label;
  }

  /** Its usual name. */
  public String label() {
    return label;
  }
}
