package org.vgg4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.DeviceFailedException;
import org.vgg4j.cuda.driver.TensorMap.Swizzle;

/**
 * What the emulator computes with a Hopper GPU's instructions, and that it notices faults planted
 * in kernels.
 */
@ExtendWith(Emulator.class)
class HopperEmulatorTest {
  private static final int M = 64;
  private static final int N = 128;
  private static final int K = 64;
  private static final int MBARRIER = 8;
  private static final int[] NOTHING = {};

  private Context context;
  private CudaStream stream;

  @BeforeEach
  void open() {
    Emulator.pose(1, 12040, 90, 1L << 30);
    context = Context.open(Driver.open().device(0));
    stream = CudaStream.create(context);
  }

  @AfterEach
  void close() {
    try {
      context.close();
    } catch (DeviceFailedException e) {
      // the planted fault once more
    }
  }

  /** What lies in shared memory, that begins at 0, after a copy of a box. */
  private static short[] box(BfloatArray values, Swizzle swizzle, int[] box, int[] at) {
    int count = 1;
    for (int size : box) {
      count *= size;
    }
    short[] expected = new short[count];
    int[] from = new int[box.length];
    for (int i = 0; i < count; i++) {
      for (int rest = i, d = 0; d < box.length; d++) {
        from[d] = at[d] + rest % box[d];
        rest /= box[d];
      }
      int address = 2 * i;
      int row = address >> 7 & 7;
      int moved =
          switch (swizzle) {
            case NONE -> address;
            case BYTES_32 -> address ^ (row & 1) << 4;
            case BYTES_64 -> address ^ (row & 3) << 4;
            case BYTES_128 -> address ^ row << 4;
          };
      expected[moved / 2] = values.at(from);
    }
    return expected;
  }

  /** BfloatArray of a row of a box. */
  private static int inner(Swizzle swizzle) {
    return switch (swizzle) {
      case BYTES_32 -> 16;
      case BYTES_64 -> 32;
      case NONE, BYTES_128 -> 64;
    };
  }

  @ParameterizedTest
  @EnumSource(Swizzle.class)
  void copiesBoxesOfThreeDimensions(Swizzle swizzle) {
    BfloatArray values = BfloatArray.random(80, 5, 4);
    int[] size = {inner(swizzle), 4, 2};
    DeviceMemory memory = values.upload(context);
    for (int[] at : new int[][] {{0, 0, 0}, {40, 2, 3}, {-3, -1, -1}, {80, 0, 0}, {0, 9, 0}}) {
      TensorMap map = values.map(context, memory.address(), swizzle, size);
      int bytes = map.boxBytes();
      assertThat(bytes).isEqualTo(2 * size[0] * 8);
      DeviceMemory out = DeviceMemory.allocate(context, bytes);
      TestKernels.loadHopper(
              context, "test_box_3", TestKernels.MAP, "u64", "u32", "u32", "u32", "u32", "u32")
          .launch(
              stream, 1, 1, 1, 64, bytes + MBARRIER, map, out, bytes, bytes, at[0], at[1], at[2]);
      short[] result = new short[bytes / 2];
      out.download(result);
      assertThat(result).isEqualTo(box(values, swizzle, size, at));
    }
  }

  @ParameterizedTest
  @EnumSource(Swizzle.class)
  void copiesBoxesOfFiveDimensions(Swizzle swizzle) {
    BfloatArray values = BfloatArray.random(24, 3, 5, 2, 3);
    int[] size = {inner(swizzle), 2, 3, 2, 2};
    DeviceMemory memory = values.upload(context);
    for (int[] at : new int[][] {{0, 0, 0, 0, 0}, {8, 1, 3, 1, 1}, {-8, -1, -2, -1, 2}}) {
      TensorMap map = values.map(context, memory.address(), swizzle, size);
      int bytes = map.boxBytes();
      DeviceMemory out = DeviceMemory.allocate(context, bytes);
      TestKernels.loadHopper(
              context,
              "test_box_5",
              TestKernels.MAP,
              "u64",
              "u32",
              "u32",
              "u32",
              "u32",
              "u32",
              "u32")
          .launch(
              stream,
              1,
              1,
              1,
              64,
              bytes + MBARRIER,
              map,
              out,
              bytes,
              at[0],
              at[1],
              at[2],
              at[3],
              at[4]);
      short[] result = new short[bytes / 2];
      out.download(result);
      assertThat(result).isEqualTo(box(values, swizzle, size, at));
    }
  }

  /** What is wrong with a kernel that copies a box of 2048 bytes. */
  private String boxFault(String kernel, int announced) {
    BfloatArray values = BfloatArray.random(64, 16, 1);
    DeviceMemory memory = values.upload(context);
    return boxFault(
        kernel, values.map(context, memory.address(), Swizzle.BYTES_128, 64, 16, 1), announced);
  }

  private String boxFault(String kernel, TensorMap map, int announced) {
    int bytes = map.boxBytes();
    DeviceMemory out = DeviceMemory.allocate(context, bytes);
    TestKernels.loadHopper(
            context, kernel, TestKernels.MAP, "u64", "u32", "u32", "u32", "u32", "u32")
        .launch(stream, 1, 1, 1, 64, bytes + MBARRIER, map, out, bytes, announced, 0, 0, 0);
    return fault();
  }

  private String fault() {
    Throwable thrown = catchThrowable(stream::synchronize);
    assertThat(thrown).isInstanceOf(DeviceFailedException.class);
    return thrown.getMessage();
  }

  @Test
  void findsCopiesThatNobodyWaitsFor() {
    assertThat(boxFault("test_box_without_wait", 2048))
        .contains("test_box_without_wait, block (0, 0, 0), thread 0, faults_hopper.cu:")
        .contains("the block ends while this copy has not arrived");
  }

  @Test
  void findsWrongNumbersOfBytes() {
    assertThat(boxFault("test_box_3", 4096))
        .contains("wait for each other for ever: 64 at the mbarrier of faults_hopper.cu:")
        .contains("misses 0 arrivals and 2048 bytes in a phase of parity 0");
  }

  @Test
  void findsMoreBytesThanAnnounced() {
    assertThat(boxFault("test_box_3", 1024))
        .contains("brings 2048 bytes to the mbarrier of faults_hopper.cu:")
        .contains("1024 more than were announced");
  }

  @Test
  void findsMbarriersWhereTooFewArrive() {
    assertThat(boxFault("test_box_arrives_too_seldom", 2048))
        .contains("wait for each other for ever: 64 at the mbarrier of faults_hopper.cu:")
        .contains("misses 1 arrivals and 0 bytes in a phase of parity 0");
  }

  @Test
  void findsMbarriersWhereTooManyArrive() {
    assertThat(boxFault("test_box_arrives_twice", 2048)).contains("once more than the 1 times");
  }

  @ParameterizedTest
  @CsvSource({
    "test_box_not_ready, without mbarriers_ready() since it was made",
    "test_box_made_twice, makes an mbarrier where that of faults_hopper.cu:",
    "test_box_never_made, where none has been made",
    "test_box_overwritten_mbarrier, which has been overwritten"
  })
  void findsMisusedMbarriers(String kernel, String message) {
    assertThat(boxFault(kernel, 2048)).contains(message);
  }

  @Test
  void findsBoxesBeyondAnAllocation() {
    BfloatArray values = BfloatArray.random(64, 16, 1);
    DeviceMemory memory = DeviceMemory.allocate(context, 64 * 2 * 15);
    TensorMap map = values.map(context, memory.address(), Swizzle.BYTES_128, 64, 16, 1);
    assertThat(boxFault("test_box_3", map, 2048))
        .contains("copies 128 bytes 0 bytes past the end of an allocation of 1920 bytes");
  }

  @Test
  void findsBoxesThatDoNotFitTheirKernel() {
    BfloatArray values = BfloatArray.random(64, 16);
    DeviceMemory memory = values.upload(context);
    TensorMap map = values.map(context, memory.address(), Swizzle.BYTES_128, 64, 16);
    assertThat(boxFault("test_box_3", map, 2048))
        .contains("copies a box of 3 dimensions by a tensor map of 2");
  }

  /** A factor as a kernel wants it: lines of 64 values each, or the transposed array. */
  private static BfloatArray factor(int lines, boolean transposed) {
    return transposed ? BfloatArray.random(lines, K, 1) : BfloatArray.random(K, lines, 1);
  }

  private TensorMap tiles(BfloatArray values, DeviceMemory memory, boolean narrow) {
    Swizzle swizzle = narrow ? Swizzle.BYTES_64 : Swizzle.BYTES_128;
    return values.map(
        context, memory.address(), swizzle, inner(swizzle), (int) values.dims()[1], 1);
  }

  private DeviceMemory multiply(
      String kernel, BfloatArray a, DeviceMemory memoryA, BfloatArray b, DeviceMemory memoryB) {
    boolean narrow = kernel.contains("_64");
    DeviceMemory d = DeviceMemory.allocate(context, 4L * M * N);
    TestKernels.loadHopper(context, kernel, TestKernels.MAP, TestKernels.MAP, "u64")
        .launch(
            stream,
            1,
            1,
            1,
            128,
            2 * (M + N) * K + MBARRIER,
            tiles(a, memoryA, narrow),
            tiles(b, memoryB, narrow),
            d);
    return d;
  }

  private float[] product(String kernel, boolean transposedA, boolean transposedB) {
    BfloatArray a = factor(M, transposedA);
    BfloatArray b = factor(N, transposedB);
    DeviceMemory d = multiply(kernel, a, a.upload(context), b, b.upload(context));
    float[] result = new float[M * N];
    d.download(result);
    return result;
  }

  private static float[] expected(
      BfloatArray a, boolean transposedA, BfloatArray b, boolean transposedB) {
    float[] expected = new float[M * N];
    for (int row = 0; row < M; row++) {
      for (int column = 0; column < N; column++) {
        double sum = 0;
        for (int k = 0; k < K; k++) {
          sum +=
              (transposedA ? a.number(row, k, 0) : a.number(k, row, 0))
                  * (transposedB ? b.number(column, k, 0) : b.number(k, column, 0));
        }
        expected[row * N + column] = (float) sum; // a whole number
      }
    }
    return expected;
  }

  @ParameterizedTest
  @CsvSource({"'', false, false", "_a, true, false", "_b, false, true", "_ab, true, true"})
  void multipliesInAWarpgroup(String suffix, boolean transposedA, boolean transposedB) {
    float[] expected =
        expected(factor(M, transposedA), transposedA, factor(N, transposedB), transposedB);
    for (String kernel : new String[] {"test_multiply_128", "test_multiply_64"}) {
      for (long seed = 1; seed <= 3; seed++) {
        Emulator.seed(seed);
        assertThat(product(kernel + suffix, transposedA, transposedB)).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"used_before_wait", "tile_overwritten"})
  void sumsAreNoNumbers(String fault) {
    for (long seed = 1; seed <= 5; seed++) {
      Emulator.seed(seed);
      assertThat(product("test_multiply_" + fault, false, false)).contains(Float.NaN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "no_begin, starts a product without a warpgroup_begin() since the last wait",
    "no_commit, waits while a product that it started is not committed",
    "no_wait, 'starts a product, and the thread ends without having waited for it'",
    "sums_overwritten, adds to sums that were written while a product was on its way",
    "other_operands, needs its whole warpgroup with the same operands"
  })
  void findsMisusedWarpgroups(String fault, String message) {
    assertThat(multiplyFault(fault)).contains(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"half_a_warpgroup", "half_gives_registers"})
  void findsWarpgroupsThatDoNotComeTogether(String fault) {
    for (long seed = 1; seed <= 5; seed++) {
      close();
      open();
      Emulator.seed(seed);
      assertThat(multiplyFault(fault))
          .containsAnyOf(
              "needs its whole warpgroup, of which",
              "its warpgroup waits for it here",
              "for the rest of their warpgroup at faults_hopper.cu:");
    }
  }

  private String multiplyFault(String fault) {
    BfloatArray a = factor(M, false);
    BfloatArray b = factor(N, false);
    multiply("test_multiply_" + fault, a, a.upload(context), b, b.upload(context));
    return fault();
  }

  @Test
  void transposesInAWarp() {
    int[] x = new int[32];
    for (int i = 0; i < 64; i++) {
      x[i / 2] |= i << 16 * (i % 2);
    }
    DeviceMemory in = DeviceMemory.allocate(context, 128);
    in.upload(x);
    DeviceMemory out = DeviceMemory.allocate(context, 132);
    TestKernels.loadHopper(context, "test_transpose", "u64", "u64", "f32", "f32")
        .launch(stream, 1, 1, 1, 32, 0, in, out, -1f, 2f);
    int[] y = new int[33];
    out.download(y);
    for (int i = 0; i < 64; i++) {
      assertThat(y[i / 2] >>> 16 * (i % 2) & 0xffff).isEqualTo(i % 8 * 8 + i / 8);
    }
    assertThat(y[32]).isEqualTo(0x40000000);
  }

  private float[] pipeline(String kernel, int steps) {
    BfloatArray a = BfloatArray.random(64L * steps, 128, 1);
    DeviceMemory memory = a.upload(context);
    DeviceMemory d = DeviceMemory.allocate(context, 4 * 128 * 128);
    TensorMap map = a.map(context, memory.address(), Swizzle.BYTES_128, 64, 128, 1);
    TestKernels.loadHopper(context, kernel, TestKernels.MAP, TestKernels.MAP, "u64", "u32")
        .launch(stream, 1, 1, 1, 384, 3 * 32768 + 6 * MBARRIER, map, map, d, steps);
    float[] result = new float[128 * 128];
    d.download(result);
    return result;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void warpgroupsWorkInAPipeline(long seed) {
    Emulator.seed(seed);
    int steps = 10;
    BfloatArray a = BfloatArray.random(64L * steps, 128, 1);
    float[] result = pipeline("test_pipeline", steps);
    for (int row = 0; row < 128; row += 7) {
      for (int column = 0; column < 128; column++) {
        double sum = 0;
        for (int k = 0; k < 64 * steps; k++) {
          sum += a.number(k, row, 0) * a.number(k, column, 0);
        }
        assertThat((double) result[row * 128 + column]).isEqualTo(sum);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aTileThatIsReleasedTooEarlyShows(long seed) {
    Emulator.seed(seed);
    float[] result;
    try {
      result = pipeline("test_pipeline_released_before_wait", 20);
    } catch (DeviceFailedException e) {
      // or a thread that came late to its mbarrier has missed a phase
      assertThat(e).hasMessageContaining("wait for each other for ever");
      return;
    }
    assertThat(result).contains(Float.NaN);
  }

  private void refused(long address, long[] dims, long[] strides, int[] box) {
    assertThatThrownBy(() -> TensorMap.of(context, address, dims, strides, box, Swizzle.BYTES_128))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("Describing boxes")
        .hasMessageContaining("CUDA_ERROR_INVALID_VALUE");
  }

  @Test
  void theDriverRefusesArraysThatCannotBeCopied() {
    long address = 1 << 20;
    int[] box = {64, 8, 1};
    long[] dims = {64, 8, 2};
    refused(address + 8, dims, new long[] {128, 1024}, box);
    refused(address, dims, new long[] {136, 1024}, box);
    refused(address, dims, new long[] {128, 1L << 40}, box);
    refused(address, new long[] {64, 0, 2}, new long[] {128, 1024}, box);
    refused(address, new long[] {64, (1L << 32) + 1, 2}, new long[] {128, 1024}, box);
  }

  @Test
  void boxesThatAreNone() {
    for (int[] box :
        new int[][] {NOTHING, {64, 8, 1}, {64, 257}, {64, 0}, {128, 8}, {12, 8}, {64, 8, 8}}) {
      assertThatThrownBy(
              () ->
                  TensorMap.of(
                      context,
                      1 << 20,
                      new long[] {64, 8},
                      new long[] {128},
                      box,
                      Swizzle.BYTES_128))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(
            () ->
                TensorMap.of(
                    context,
                    1 << 20,
                    new long[] {64, 999, 999},
                    new long[] {128, 1024},
                    new int[] {64, 256, 256},
                    Swizzle.NONE))
        .hasMessage("A box [64, 256, 256] takes more than any block's shared memory");
  }

  @Test
  void aKernelTakesATensorMapOnlyWhereItWantsOne() {
    Kernel kernel =
        TestKernels.loadHopper(
            context, "test_box_3", TestKernels.MAP, "u64", "u32", "u32", "u32", "u32", "u32");
    assertThatThrownBy(() -> kernel.launch(stream, 1, 1, 1, 64, 0, 1L, 1L, 1, 1, 1, 1, 1))
        .hasMessage("test_box_3 takes TENSOR_MAP as parameter 0 and got 1");
  }

  @Test
  void driversBeforeCuda12HaveNone() {
    assertThat(context.device().isHopper()).isTrue();
    close();
    Emulator.pose(1, 11080, 90, 1 << 20);
    open(Driver.open().device(0));
    assertThat(context.device().isHopper()).isFalse();
    assertThatThrownBy(
            () ->
                TensorMap.of(
                    context, 256, new long[] {64}, new long[0], new int[] {64}, Swizzle.NONE))
        .isInstanceOf(UnusableDeviceException.class)
        .hasMessage(
            "The NVIDIA driver supports CUDA 11.8, and tensor maps need CUDA 12.0: install driver"
                + " version 525 (on Windows 527) or newer, or use --device cpu.");
    close();
    Emulator.pose(1, 12040, 100, 1 << 20);
    open(Driver.open().device(0));
    assertThat(context.device().isHopper()).isFalse();
  }

  private void open(Device device) {
    context = Context.open(device);
  }
}
