package org.vgg4j.data.voc;

import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.ForwardingDataset;
import org.vgg4j.data.LabelledImages;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;

/**
 * People in images, each with a box and what they do.
 *
 * @param people in the order of the lists
 * @param whole for each of them the whole image, and the labels
 */
public record VocActions(List<Person> people, LabelledImages whole) {
  /**
   * Someone in an image.
   *
   * @param image name of the image's file without ending
   * @param object which object of the image, from 1
   * @param box around them; edges lie between pixels
   */
  public record Person(String image, int object, Box box) {}

  /**
   * @throws IllegalArgumentException if there are not as many people as images
   */
  public VocActions {
    people = List.copyOf(people);
    if (people.size() != whole.images().size()) {
      throw new IllegalArgumentException(
          people.size() + " people, but " + whole.images().size() + " images");
    }
  }

  /** Returns for each person what is inside their box, as far as it is inside the image. */
  public Dataset boxes() {
    return new Cut();
  }

  private final class Cut extends ForwardingDataset {
    Cut() {
      super(whole.images());
    }

    @Override
    public String name() {
      return super.name() + "/boxes";
    }

    @Override
    public String id(int index) {
      return super.id(index) + "#" + people.get(index).object();
    }

    /**
     * All pixels that the box touches.
     *
     * @throws InputException if it is outside the image
     */
    @Override
    public RgbImage image(int index) {
      RgbImage image = super.image(index);
      Box box = people.get(index).box();
      int left = (int) Math.max(0, Math.floor(box.left()));
      int top = (int) Math.max(0, Math.floor(box.top()));
      int right = (int) Math.min(image.width(), Math.ceil(box.right()));
      int bottom = (int) Math.min(image.height(), Math.ceil(box.bottom()));
      if (right <= left || bottom <= top) {
        throw new InputException(
            "the box of %s is outside its image of %d x %d pixels: unpack images and annotations of one archive"
                .formatted(id(index), image.width(), image.height()));
      }
      return image.crop(left, top, right - left, bottom - top);
    }

    /** Made from that of the images, and the boxes. */
    @Override
    public String fingerprint() {
      Fingerprint fingerprint = new Fingerprint().add(super.fingerprint());
      people.forEach(person -> fingerprint.add(person.toString()));
      return fingerprint.hex();
    }
  }
}
