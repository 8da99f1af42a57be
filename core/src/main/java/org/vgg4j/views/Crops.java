package org.vgg4j.views;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.image.RgbImage;

/**
 * The crops of a rescaled image that a protocol evaluates.
 *
 * @param places positions of the crops, each once, without mirror images
 * @param mirrored whether each crop's mirror image is evaluated, too
 * @param side side of the crops, in pixels
 */
record Crops(List<Place> places, boolean mirrored, int side) {
  /** Left and upper edge of a crop in pixels. */
  record Place(int x, int y) {}

  /**
   * @param image a rescaled image, at least as large as the crop
   */
  static Crops of(ViewPlan plan, RgbImage image, int side) {
    int right = image.width() - side;
    int bottom = image.height() - side;
    Place middle =
        new Place(RgbImage.centered(image.width(), side), RgbImage.centered(image.height(), side));
    return switch (plan.protocol()) {
      case CENTER_CROP -> new Crops(List.of(middle), false, side);
      case TEN_CROP ->
          new Crops(
              List.of(
                  new Place(0, 0),
                  new Place(right, 0),
                  new Place(0, bottom),
                  new Place(right, bottom),
                  middle),
              plan.mirrored(),
              side);
      case MULTI_CROP, BOTH ->
          new Crops(
              plan.grid() == 1 ? List.of(middle) : grid(right, bottom, plan.grid()),
              plan.mirrored(),
              side);
      case DENSE -> throw new IllegalArgumentException("dense evaluation has no crops");
    };
  }

  private static List<Place> grid(int right, int bottom, int grid) {
    List<Place> places = new ArrayList<>();
    for (int row = 0; row < grid; row++) {
      for (int column = 0; column < grid; column++) {
        places.add(new Place(step(right, column, grid), step(bottom, row, grid)));
      }
    }
    return places;
  }

  /** Offset of a grid position: evenly spaced from edge to edge, rounded half up. */
  private static int step(int margin, int number, int grid) {
    return (2 * margin * number + grid - 1) / (2 * (grid - 1));
  }

  /**
   * The views of a rescaled image: first all crops as they are, then all mirrored.
   *
   * @param image index of the image
   * @param share total weight of the crops in the mean over the image's views
   */
  List<View> views(int image, RgbImage rescaled, double share) {
    List<View> views = new ArrayList<>();
    int turns = mirrored ? 2 : 1;
    double each = share / (turns * places.size());
    for (int turn = 0; turn < turns; turn++) {
      for (Place place : places) {
        views.add(View.crop(image, rescaled, place.x(), place.y(), side, turn == 1, each));
      }
    }
    return views;
  }
}
