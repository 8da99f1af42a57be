package org.vgg4j.cli;

/** Descriptions of options that several commands have. */
final class Texts {
  static final String ARCH =
      "A, A-LRN, B, B-5x5, C, D or E; with batch normalisation A-BN, B-BN, D-BN or E-BN (default:"
          + " ${DEFAULT-VALUE})";
  static final String WIDTH =
      "factor on the paper's channels, rounded to multiples of 16 (default: ${DEFAULT-VALUE})";
  static final String CROP =
      "side of the network's input window in pixels, at least 32 (default: ${DEFAULT-VALUE})";
  static final String DEVICE =
      "what computes: auto (an NVIDIA GPU if one can be used, otherwise the CPU), cpu, cuda, a"
          + " particular GPU such as cuda:1, or several such as cuda:0,1, among which training"
          + " divides its batches (default: ${DEFAULT-VALUE})";
  static final String PRECISION =
      "how exactly a GPU multiplies: bf16, fp32 (about a third as fast), or auto, which is bf16;"
          + " the CPU has fp32 only (default: ${DEFAULT-VALUE})";
  static final String JSON = "print the result as JSON";
  static final String MODEL =
      "a model.safetensors that vgg train or vgg import wrote, or a file that vgg import reads";
  static final String DATA =
      "fashion-mini or fashion-boxes (built in), fashion-mnist, or a folder: with one sub-folder of"
          + " images per class, with train/, val/ and test/ that have such sub-folders, with IDX"
          + " files, with CIFAR's binary files, or with ILSVRC as distributed or as Kaggle has it";
  static final String BOXES =
      "where the boxes of the images are: a CSV file (file,label,xmin,ymin,xmax,ymax), or a folder"
          + " or tar archive of XML files as in PASCAL VOC or ILSVRC (default: what lies beside the"
          + " images)";
  static final String HELD_OUT =
      "fraction of each class held out of the training images for validation, where there is no"
          + " val/ (default: ${DEFAULT-VALUE})";
  static final String SEED = "seed of all random draws (default: ${DEFAULT-VALUE})";

  private Texts() {}
}
