package org.vgg4j.weights.format;

/** The formats that are read. */
public enum Format {
  /** What torch.save writes since PyTorch 1.6: an archive of a pickle and raw numbers. */
  PYTORCH("PyTorch"),
  /** What torch.save wrote before: pickles, then raw numbers. */
  PYTORCH_LEGACY("PyTorch, before 1.6"),
  /** Hugging Face's format, and ours. */
  SAFETENSORS("safetensors"),
  /** Caffe's NetParameter, a protocol buffer. */
  CAFFE("Caffe"),
  /** HDF5 as Keras writes it. */
  KERAS("Keras HDF5"),
  /** Open Neural Network Exchange, a protocol buffer. */
  ONNX("ONNX");

  private final String label;

  Format(String label) {
    this.label = label;
  }

  /** What people call it. */
  public String label() {
    return label;
  }
}
