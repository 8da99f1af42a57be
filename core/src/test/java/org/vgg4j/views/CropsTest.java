package org.vgg4j.views;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;

class CropsTest {
  @Test
  void cropsOfTheGridReachFromEdgeToEdge() {
    RgbImage image = TestImages.noise(100, 70, 1);
    Crops crops = Crops.of(ViewPlan.of(Protocol.MULTI_CROP), image, 64);
    List<View> views = crops.views(0, image, 1);
    assertThat(views).hasSize(50);
    assertThat(crops.places()).contains(new Crops.Place(0, 0), new Crops.Place(36, 6));
    List<Integer> edges = new ArrayList<>();
    crops.places().subList(0, 5).forEach(place -> edges.add(place.x()));
    assertThat(edges).containsExactly(0, 9, 18, 27, 36);
    // 6 * 1 / 4 = 1.5 and 6 * 3 / 4 = 4.5 are rounded up
    assertThat(crops.places().get(5).y()).isEqualTo(2);
    assertThat(crops.places().get(15).y()).isEqualTo(5);
    assertThat(views.get(25).pixels().pixels())
        .isEqualTo(image.crop(0, 0, 64, 64).flipHorizontally().pixels());
    assertThat(Crops.of(ViewPlan.of(Protocol.CENTER_CROP), image, 64).views(0, image, 1))
        .hasSize(1);
    assertThat(Crops.of(ViewPlan.of(Protocol.TEN_CROP), image, 64).views(0, image, 1)).hasSize(10);
  }
}
