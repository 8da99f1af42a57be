package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

/**
 * What Caffe's files say of their layers and images. Each is a golden to which fields were added,
 * by their numbers in Caffe's own caffe.proto; scores are PyTorch's, see
 * goldens/caffe/make_goldens.py.
 */
class CaffeImportTest {
  /** A message of a protocol buffer that is put together field by field. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private Message write(Writer writer) {
      try {
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        writer.write(out);
        out.flush();
        return this;
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    Message whole(int number, long... values) {
      for (long value : values) {
        write(out -> out.writeUInt64(number, value));
      }
      return this;
    }

    Message real(int number, double... values) {
      for (double value : values) {
        write(out -> out.writeFloat(number, (float) value));
      }
      return this;
    }

    Message text(int number, String value) {
      return write(out -> out.writeString(number, value));
    }

    Message message(int number, Message value) {
      return write(out -> out.writeByteArray(number, value.bytes.toByteArray()));
    }
  }

  private interface Writer {
    void write(CodedOutputStream out) throws IOException;
  }

  private static final int PRESENT = 100;
  private static final int OLD = 2;

  @TempDir Path folder;

  private static Message message() {
    return new Message();
  }

  /**
   * The golden file with fields added to one layer, or before or after a layer.
   *
   * @param layer after which, or to which; empty: before all of them
   * @param isNew whether it is a field of the network, not of that layer
   */
  private Path changed(String golden, String layer, boolean isNew, Message fields) {
    int number = golden.contains("old") ? OLD : PRESENT;
    int name = number == OLD ? 4 : 1;
    Message net = message();
    boolean done = false;
    try {
      CodedInputStream in = CodedInputStream.newInstance(Files.readAllBytes(Goldens.file(golden)));
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        assertThat(WireFormat.getTagWireType(tag)).isEqualTo(WireFormat.WIRETYPE_LENGTH_DELIMITED);
        byte[] value = in.readByteArray();
        Message same = message();
        same.bytes.write(value);
        boolean found =
            layer.isEmpty()
                ? !done // behind the name
                : WireFormat.getTagFieldNumber(tag) == number
                    && new String(value, StandardCharsets.ISO_8859_1)
                        .contains((char) (name << 3 | 2) + "" + (char) layer.length() + layer);
        if (found && !isNew) {
          same.bytes.write(fields.bytes.toByteArray());
        }
        net.message(WireFormat.getTagFieldNumber(tag), same);
        if (found && isNew) {
          net.bytes.write(fields.bytes.toByteArray());
        }
        done |= found;
      }
      assertThat(done).isTrue();
      return Files.write(folder.resolve("changed.caffemodel"), net.bytes.toByteArray());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path withDataLayer(Message transform) {
    Message data = message().text(1, "data").text(2, "Data").text(4, "data");
    return changed(
        "caffe-new.caffemodel", "", true, message().message(100, data.message(100, transform)));
  }

  private static WeightsImport.Imported read(Path file) {
    return WeightsImport.AS_FOUND.read(file);
  }

  private static void assertRefused(Path file, String sentence) {
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("changed.caffemodel")
        .hasMessageContaining(sentence);
  }

  private static void assertScores(Path file, String profile, String expected) {
    WeightsImport.Imported imported = read(file);
    assertThat(imported.profile().label()).isEqualTo(profile);
    Goldens.assertScores(imported.model(), Goldens.expected("caffe").get(expected));
  }

  // ----------------------------------------------------------------------------------- layers

  @Test
  void layersThatComputeSomethingElseAreRefusedByName() {
    String file = "caffe-new.caffemodel";
    Message slope = message().message(123, message().real(1, 0.1));
    assertRefused(
        changed(file, "relu1_1", false, slope),
        "'relu1_1' (ReLU) has negative_slope 0.1 where a VGG network has 0");
    Message global = message().message(121, message().whole(12, 1));
    assertRefused(
        changed(file, "pool5", false, global),
        "'pool5' (Pooling) has global_pooling 1 where a VGG network has 0");
    Message mean =
        message()
            .text(1, "mean")
            .text(2, "Pooling")
            .text(3, "pool5")
            .text(4, "mean")
            .message(121, message().whole(1, 1).whole(12, 1));
    assertRefused(
        changed(file, "pool5", true, message().message(100, mean)),
        "its first fully connected layer takes 64 values, but the mean of its last map has 16");
    Message late =
        message()
            .text(1, "mean")
            .text(2, "Pooling")
            .text(3, "fc7")
            .text(4, "fc7")
            .message(121, message().whole(1, 1).whole(12, 1));
    assertRefused(
        changed(file, "relu7", true, message().message(100, late)),
        "its 'mean' takes the mean of a map after the fully connected layer 'fc7', where a VGG");
    Message group = message().message(106, message().whole(5, 2));
    assertRefused(
        changed(file, "conv2_1", false, group),
        "'conv2_1' (Convolution) has group 2 where a VGG network has 1");
    Message old = message().message(30, message().real(1, 0.1));
    assertRefused(changed("caffe-old.caffemodel", "relu1_1", false, old), "has negative_slope 0.1");
  }

  /** The paper's constants; of Caffe's, alpha is divided by the size. */
  @ParameterizedTest
  @CsvSource({
    "5, 5e-4, 0.75, 2, ''",
    "3, 5e-4, 0.75, 2, local_size 3 where a VGG network has 5",
    "5, 1e-4, 0.75, 2, has alpha",
    "5, 5e-4, 0.5,  2, beta 0.5 where a VGG network has 0.75",
    "5, 5e-4, 0.75, 1, k 1 where a VGG network has 2",
  })
  void anLrnHasThePapersConstants(long size, double alpha, double beta, double k, String wrong) {
    Message parameters = message().whole(1, size).real(2, alpha).real(3, beta).real(5, k);
    Message lrn =
        message()
            .text(1, "norm1")
            .text(2, "LRN")
            .text(3, "above")
            .text(4, "above")
            .message(118, parameters);
    Path file = changed("caffe-new.caffemodel", "relu1_1", true, message().message(100, lrn));
    if (wrong.isEmpty()) {
      assertThat(read(file).model().architecture().configuration().label()).isEqualTo("A-LRN");
      assertScores(file, "caffe", "lrn");
    } else {
      assertRefused(file, wrong);
    }
  }

  /** What training puts into snapshots, in both forms. */
  @Test
  void layersBesideTheWayAreLeftOut() {
    Message split = message().text(2, "above").text(4, "split").whole(5, 22);
    Path file = changed("caffe-old.caffemodel", "fc8", true, message().message(OLD, split));
    Goldens.assertScores(
        read(file).model(), Goldens.expected().get("caffe-old.caffemodel").get("logits"));
  }

  // ----------------------------------------------------------------------------------- images

  @Test
  void aDataLayerSaysWhatImagesLookLike() {
    assertScores(
        withDataLayer(message().real(5, 90, 100, 110)),
        "mean=90,100,110,std=1,1,1,range=255,order=bgr",
        "means");
    assertScores(
        withDataLayer(message().real(5, 128)),
        "mean=128,128,128,std=1,1,1,range=255,order=bgr",
        "one mean");
    String std = "std=128,128,128,range=255,order=bgr";
    assertScores(withDataLayer(message().real(1, 0.0078125)), "mean=0,0,0," + std, "scale");
    assertScores(
        withDataLayer(message().real(1, 0.0078125).real(5, 90, 100, 110)),
        "mean=90,100,110," + std,
        "means and scale");
    assertScores(withDataLayer(message().real(5, 93.594, 104.7624, 129.1863)), "vgg-face", "faces");
    assertRefused(withDataLayer(message().real(5, 90, 100)), "prepares images of other than three");
  }

  /** Before there was a transform, the data layer itself had the scale, and the mean's file. */
  @ParameterizedTest
  @ValueSource(ints = {11, 15})
  void oldDataLayersSayItThemselves(int parameter) {
    Message settings = message().text(1, "train_lmdb").real(2, 0.0078125).whole(4, 50);
    Message data = message().text(4, "data").whole(5, 5).text(3, "data");
    Path file =
        changed(
            "caffe-old.caffemodel",
            "",
            true,
            message().message(OLD, data.message(parameter, settings)));
    assertThat(read(file).profile().label())
        .isEqualTo("mean=0,0,0,std=128,128,128,range=255,order=bgr");
  }

  @Test
  void aMeanFileOfOtherImagesIsAskedFor() {
    assertThat(read(withDataLayer(message().text(4, "data/ilsvrc12/imagenet_mean.binaryproto"))))
        .satisfies(imported -> assertThat(imported.profile()).isEqualTo(Profile.CAFFE));
    Path own = withDataLayer(message().text(4, "flowers_mean.binaryproto"));
    assertRefused(
        own,
        "nothing in it says how its images must be prepared: name a profile (vgg import"
            + " --profile)");
    assertRefused(
        withDataLayer(message().text(4, "imagenet_mean.binaryproto").real(1, 0.5)), "--profile");
    WeightsImport options = new WeightsImport(Profile.CAFFE, null, null, 0);
    assertThat(options.read(own).profile()).isEqualTo(Profile.CAFFE);
  }

  private static Message dataLayer(String top, Message transform) {
    Message data = message().text(1, top).text(2, "Data").text(4, top);
    return message().message(100, data.message(100, transform));
  }

  /** The golden file whose first convolution takes "photo", with two data layers. */
  private Path ofPhotos(Message first, String second, Message transform, Message... more)
      throws IOException {
    Message layers = dataLayer("photo", first);
    layers.bytes.writeBytes(dataLayer(second, transform).bytes.toByteArray());
    for (Message layer : more) {
      layers.bytes.writeBytes(layer.bytes.toByteArray());
    }
    return takingPhotos(layers);
  }

  private Path takingPhotos(Message layers) throws IOException {
    Path file = changed("caffe-new.caffemodel", "", true, layers);
    String content = Files.readString(file, StandardCharsets.ISO_8859_1);
    return Files.writeString(
        file, content.replaceFirst("below", "photo"), StandardCharsets.ISO_8859_1);
  }

  /** What a layer that provides something else does to it says nothing about images. */
  @Test
  void onlyTheLayerOfTheImagesSaysWhatTheyLookLike() throws IOException {
    Message own = message().text(4, "flowers_mean.binaryproto");
    String open = "nothing in it says how its images must be prepared";
    assertRefused(ofPhotos(own, "photo", message()), open);
    assertRefused(ofPhotos(own, "label", message().real(1, 0.5)), open);
    assertThat(read(ofPhotos(message(), "label", message().real(1, 0.5))).profile())
        .isEqualTo(Profile.CAFFE);
    assertThat(read(ofPhotos(message().real(5, 90, 100, 110), "label", own)).profile().label())
        .isEqualTo("mean=90,100,110,std=1,1,1,range=255,order=bgr");
  }

  /** Of the phases of training and of testing. */
  @Test
  void layersThatPrepareImagesDifferentlyLeaveItOpen() throws IOException {
    Path file = ofPhotos(message().real(5, 90, 100, 110), "photo", message().real(5, 1, 2, 3));
    assertRefused(file, "nothing in it says how its images must be prepared: name a profile");
    WeightsImport options = new WeightsImport(Profile.CAFFE, null, null, 0);
    assertThat(options.read(file).profile()).isEqualTo(Profile.CAFFE);
    Message means = message().real(5, 90, 100, 110);
    Message own = message().text(4, "flowers_mean.binaryproto");
    for (Message other : List.of(own, message())) {
      assertRefused(ofPhotos(means, "photo", other), "name a profile");
      assertRefused(ofPhotos(other, "photo", means), "name a profile");
    }
    Message usual = message().real(5, 103.939, 116.779, 123.68);
    assertThat(read(ofPhotos(usual, "photo", message())).profile()).isEqualTo(Profile.CAFFE);
  }

  /** Caffe itself puts one where two layers take the same, such as a loss and an accuracy. */
  @Test
  void aSplitOfLabelsOrImagesDoesNotHideWhereTheyComeFrom() throws IOException {
    Message means = message().real(5, 90, 100, 110);
    String expected = "mean=90,100,110,std=1,1,1,range=255,order=bgr";
    Message labels = split("label", "label_0", "label_1");
    assertThat(read(ofPhotos(means, "label", message(), labels)).profile().label())
        .isEqualTo(expected);
    Message images = split("image", "photo", "image_1");
    Message both = dataLayer("image", means);
    both.bytes.writeBytes(dataLayer("label", message().real(1, 0.5)).bytes.toByteArray());
    both.bytes.writeBytes(images.bytes.toByteArray());
    assertThat(read(takingPhotos(both)).profile().label()).isEqualTo(expected);
  }

  private static Message split(String bottom, String... tops) {
    Message split = message().text(1, "split").text(2, "Split").text(3, bottom);
    for (String top : tops) {
      split.text(4, top);
    }
    return message().message(100, split);
  }

  @Test
  void aNetworkOfFacesHasTheirMean() {
    assertScores(
        changed("caffe-new.caffemodel", "prob", true, message().text(1, "VGG_FACE_16_layers")),
        "vgg-face",
        "faces");
  }

  /** Caffe's pools round up: of sides between multiples of 32 they make other maps. */
  @Test
  void theSizeOfImagesIsChecked() {
    String file = "caffe-new.caffemodel";
    assertRefused(
        withDataLayer(message().whole(3, 60)), "only multiples of 32 are the same for both");
    assertRefused(
        withDataLayer(message().whole(3, 96)), "it states images of 96x96 pixels, but its first");
    assertThat(read(withDataLayer(message().whole(3, 64))).model().architecture().crop())
        .isEqualTo(64);
    // input_dim, input_shape, and an input layer
    for (long side : new long[] {64, 96}) {
      Message shape = message().whole(1, 10, 3, side, side);
      Message layer =
          message().text(1, "data").text(2, "Input").message(143, message().message(1, shape));
      for (Message fields :
          new Message[] {
            message().whole(4, 10, 3, side, side),
            message().message(8, shape),
            message().message(100, layer)
          }) {
        Path changed = changed(file, "", true, fields);
        if (side == 64) {
          assertThat(read(changed).model().architecture().crop()).isEqualTo(64);
        } else {
          assertRefused(changed, "it states images of 96x96 pixels");
        }
      }
    }
    assertRefused(
        changed(file, "", true, message().whole(4, 1, 3, 64, 96)),
        "'data' (Input) has shape 1x3x64x96 where a VGG network has 1x3x64x64");
  }
}
