import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Makes the built-in data set fashion-mini of Fashion-MNIST: the first 600 training images and the
 * first 100 test images of each class, in their original order. The same input gives the same
 * images and labels; the compressed bytes may differ between zlib versions.
 *
 * <pre>
 * apt-get install dataset-fashion-mnist
 * java tools/MakeFashionMini.java /usr/share/datasets/fashion-mnist \
 *     training/src/main/resources/org/vgg4j/data/fashion-mini
 * </pre>
 */
class MakeFashionMini {
  private static final int CLASSES = 10;
  private static final int IMAGES_MAGIC = 0x0803;
  private static final int LABELS_MAGIC = 0x0801;

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println(
          "usage: java tools/MakeFashionMini.java FASHION_MNIST_FOLDER OUTPUT_FOLDER");
      System.exit(2);
    }
    Path from = Path.of(args[0]);
    Path to = Files.createDirectories(Path.of(args[1]));
    select(from, to, "train", 600);
    select(from, to, "t10k", 100);
  }

  /** Copies the first images of each class of one part, and their labels. */
  private static void select(Path from, Path to, String part, int perClass) throws IOException {
    String imageFile = part + "-images-idx3-ubyte.gz";
    String labelFile = part + "-labels-idx1-ubyte.gz";
    try (DataInputStream images = open(from.resolve(imageFile), IMAGES_MAGIC);
        DataInputStream labels = open(from.resolve(labelFile), LABELS_MAGIC);
        DataOutputStream imagesOut = create(to.resolve(imageFile));
        DataOutputStream labelsOut = create(to.resolve(labelFile))) {
      int count = images.readInt();
      int height = images.readInt();
      int width = images.readInt();
      if (labels.readInt() != count) {
        throw new IOException("as many labels as images are needed in " + from);
      }
      ByteArrayOutputStream chosenImages = new ByteArrayOutputStream();
      ByteArrayOutputStream chosenLabels = new ByteArrayOutputStream();
      int[] chosen = new int[CLASSES];
      for (int i = 0; i < count; i++) {
        byte[] image = images.readNBytes(height * width);
        int label = labels.readUnsignedByte();
        if (chosen[label] < perClass) {
          chosen[label]++;
          chosenImages.write(image);
          chosenLabels.write(label);
        }
      }
      imagesOut.writeInt(IMAGES_MAGIC);
      imagesOut.writeInt(chosenLabels.size());
      imagesOut.writeInt(height);
      imagesOut.writeInt(width);
      chosenImages.writeTo(imagesOut);
      labelsOut.writeInt(LABELS_MAGIC);
      labelsOut.writeInt(chosenLabels.size());
      chosenLabels.writeTo(labelsOut);
    }
  }

  private static DataInputStream open(Path file, int magic) throws IOException {
    DataInputStream in =
        new DataInputStream(new GZIPInputStream(Files.newInputStream(file), 1 << 16));
    if (in.readInt() != magic) {
      throw new IOException(file + " is not the IDX file it should be");
    }
    return in;
  }

  private static DataOutputStream create(Path file) throws IOException {
    OutputStream zipped =
        new GZIPOutputStream(Files.newOutputStream(file)) {
          {
            def.setLevel(Deflater.BEST_COMPRESSION);
          }
        };
    return new DataOutputStream(new BufferedOutputStream(zipped, 1 << 16));
  }
}
