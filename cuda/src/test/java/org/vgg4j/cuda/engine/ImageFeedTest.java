package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.network.HostThreads;

/** Images on their way to the emulated GPU. */
@ExtendWith(Emulator.class)
class ImageFeedTest {
  private static final int SIDE = 3;
  private static final int TAPS = SIDE * SIDE;

  /** What the middle of each filter covers: the images. */
  private static float[] middles(float[] patches, int area) {
    float[] middles = new float[patches.length / TAPS];
    for (int plane = 0; plane < middles.length / area; plane++) {
      System.arraycopy(patches, (plane * TAPS + TAPS / 2) * area, middles, plane * area, area);
    }
    return middles;
  }

  private static float value(int call, int at) {
    return (at * 31 + call) % 251 - 100; // exact in bf16
  }

  /**
   * Some are less than a piece, some end in one, and some make a last piece of nothing but ints.
   */
  @ParameterizedTest
  @CsvSource({"3, 7, 5", "1, 312, 280", "2, 512, 256", "5, 311, 300"})
  void imagesAndIntsArrive(int count, int height, int width) {
    MapShape shape = MapShape.patches(count, height, width, SIDE);
    int values = 3 * shape.pixels();
    int[] ints = new int[2 * count];
    long bytes = ImageFeed.bytes(count, height, width, 2);
    Context context = Context.open(Driver.open().device(0));
    Gpu gpu = new Gpu(context, new KernelLibrary(context), Precision.BF16);
    try (context;
        HostThreads threads = new HostThreads(3);
        Allocation allocation = Allocation.on(context)) {
      CudaStream stream = CudaStream.create(context);
      long device = allocation.take("input", bytes);
      long map = allocation.take("map", Precision.BF16.bytes(shape.values()));
      long back = allocation.take("back", Float.BYTES * shape.values());
      ImageFeed feed = new ImageFeed(gpu, threads, SIDE, allocation, device, bytes);
      for (int call = 0; call < 3; call++) {
        float[] images = new float[values + 10];
        Arrays.fill(images, Float.NaN);
        for (int i = 0; i < values; i++) {
          images[i] = value(call, i);
        }
        for (int i = 0; i < count; i++) {
          ints[i] = call + i;
          ints[count + i] = -i;
        }
        Planes planes = Precision.BF16.at(map, shape.values());
        long at = feed.copy(stream, images, shape, planes, ints);
        assertThat(at).isEqualTo(device + 4L * values);
        new Layouts(gpu.library()).toPlanes(stream, shape, planes, 3 * TAPS, back);
        float[] patches = new float[values * TAPS];
        allocation.memory(back).download(patches);
        assertThat(middles(patches, height * width)).isEqualTo(Arrays.copyOf(images, values));
        int[] all = new int[(int) (bytes / 4)];
        allocation.memory(device).download(all);
        assertThat(Arrays.copyOfRange(all, values, all.length)).isEqualTo(ints);
      }
      feed.close();
    }
  }
}
