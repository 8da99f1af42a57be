package org.vgg4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.DeviceFailedException;

/** What the emulator computes, and that it notices faults planted in kernels. */
@ExtendWith(Emulator.class)
class EmulatorTest {
  private Context context;
  private CudaStream stream;

  @BeforeEach
  void open() {
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

  private float[] run(String kernel, int blocks, int shared, float[] x, int length) {
    DeviceMemory in = DeviceMemory.of(context, x);
    DeviceMemory out = DeviceMemory.allocate(context, 4L * length);
    TestKernels.load(context, kernel, "u64", "u64")
        .launch(stream, blocks, 1, 1, 64, shared, in, out);
    float[] y = new float[length];
    out.download(y);
    return y;
  }

  private String fault(String kernel, int shared, String... types) {
    DeviceMemory memory = DeviceMemory.of(context, new float[1024]);
    Object[] arguments = new Object[types.length];
    java.util.Arrays.fill(arguments, memory);
    TestKernels.load(context, kernel, types).launch(stream, 1, 1, 1, 64, shared, arguments);
    Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(stream::synchronize);
    assertThat(thrown).isInstanceOf(DeviceFailedException.class);
    return thrown.getMessage();
  }

  private static float[] ramp(int count) {
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = i + 1;
    }
    return x;
  }

  @Test
  void runsAKernelOverAGrid() {
    DeviceMemory x = DeviceMemory.of(context, ramp(1000));
    DeviceMemory y = DeviceMemory.allocate(context, 4000);
    Kernel scale = TestKernels.load(context, "test_scale", "u64", "u64", "f32", "u32");
    scale.launch(stream, 4, 1, 1, 256, 0, x, y, 2f, 1000);
    float[] result = new float[1000];
    y.download(result);
    for (int i = 0; i < 1000; i++) {
      assertThat(result[i]).isEqualTo(2f * (i + 1));
    }
    assertThat(Emulator.launches()).isEqualTo(1);
  }

  @Test
  void findsAReadBehindAnAllocation() {
    DeviceMemory x = DeviceMemory.of(context, ramp(10));
    DeviceMemory y = DeviceMemory.allocate(context, 400);
    Kernel scale = TestKernels.load(context, "test_scale", "u64", "u64", "f32", "u32");
    scale.launch(stream, 1, 1, 1, 32, 0, x, y, 2f, 11);
    assertThatThrownBy(stream::synchronize)
        .isInstanceOf(DeviceFailedException.class)
        .hasMessageContaining("test_scale, block (0, 0, 0), thread 10, faults.cu:")
        .hasMessageContaining("reads 4 bytes 0 bytes past the end of an allocation of 40 bytes");
    assertThatThrownBy(() -> y.download(new float[1]))
        .as("the context is unusable afterwards")
        .isInstanceOf(DeviceFailedException.class);
  }

  @Test
  void findsAWriteBehindAnAllocation() {
    DeviceMemory x = DeviceMemory.of(context, ramp(11));
    DeviceMemory y = DeviceMemory.allocate(context, 40);
    Kernel scale = TestKernels.load(context, "test_scale", "u64", "u64", "f32", "u32");
    scale.launch(stream, 1, 1, 1, 32, 0, x, y, 2f, 11);
    assertThatThrownBy(stream::synchronize)
        .hasMessageContaining("writes 4 bytes 0 bytes past the end of an allocation of 40 bytes");
  }

  @Test
  void findsMemoryThatIsClosed() {
    DeviceMemory x = DeviceMemory.of(context, ramp(10));
    long address = x.address();
    x.close();
    DeviceMemory y = DeviceMemory.allocate(context, 400);
    Kernel scale = TestKernels.load(context, "test_scale", "u64", "u64", "f32", "u32");
    // the allocator may give the same place again, but not with as many bytes
    scale.launch(stream, 1, 1, 1, 128, 0, address + 4096, y, 2f, 100);
    assertThatThrownBy(stream::synchronize).hasMessageContaining("reads 4 bytes");
  }

  @Test
  void findsMemoryOfAnotherDeviceUnlessItIsAPeer() {
    close();
    Emulator.pose(2, 12040, 80, 1 << 20);
    open();
    try (Context other = Context.open(Driver.open().device(1))) {
      DeviceMemory x = DeviceMemory.of(other, ramp(32));
      DeviceMemory y = DeviceMemory.allocate(context, 128);
      Kernel scale = TestKernels.load(context, "test_scale", "u64", "u64", "f32", "u32");
      assertThat(context.enablePeerAccess(other)).isTrue();
      scale.launch(stream, 1, 1, 1, 32, 0, x, y, 2f, 32);
      float[] result = new float[32];
      y.download(result);
      assertThat(result[31]).isEqualTo(64f);
      CudaStream there = CudaStream.create(other);
      Kernel elsewhere = TestKernels.load(other, "test_scale", "u64", "u64", "f32", "u32");
      elsewhere.launch(there, 1, 1, 1, 32, 0, y, x, 2f, 32);
      assertThatThrownBy(there::synchronize).hasMessageContaining("reads 4 bytes");
      y.close();
      assertThatThrownBy(other::close).isInstanceOf(DeviceFailedException.class);
    }
  }

  @Test
  void freshMemoryIsNoNumber() {
    float[] y = new float[16];
    DeviceMemory.allocate(context, 64).download(y);
    assertThat(y).containsOnly(Float.NaN);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void reversesByWayOfSharedMemory(long seed) {
    Emulator.seed(seed);
    float[] y = run("test_reverse", 3, 256, ramp(192), 192);
    for (int i = 0; i < 192; i++) {
      assertThat(y[i]).isEqualTo(i / 64 * 64 + 63 - i % 64 + 1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aMissingBarrierShows(long seed) {
    Emulator.seed(seed);
    assertThat(run("test_reverse_without_barrier", 3, 256, ramp(192), 192)).contains(Float.NaN);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aMissingSecondBarrierShows(long seed) {
    Emulator.seed(seed);
    float[] x = ramp(64 * 4);
    assertThat(sumTiles("test_sum_tiles", x)).isEqualTo(sums(x));
    assertThat(sumTiles("test_sum_tiles_one_barrier", x)).isNotEqualTo(sums(x));
  }

  private float[] sumTiles(String kernel, float[] x) {
    DeviceMemory in = DeviceMemory.of(context, x);
    DeviceMemory out = DeviceMemory.allocate(context, 256);
    TestKernels.load(context, kernel, "u64", "u64", "u32")
        .launch(stream, 1, 1, 1, 64, 256, in, out, x.length / 64);
    float[] y = new float[64];
    out.download(y);
    return y;
  }

  private static float[] sums(float[] x) {
    float[] y = new float[64];
    for (int i = 0; i < x.length; i++) {
      y[63 - i % 64] += x[i];
    }
    return y;
  }

  @Test
  void findsBarriersThatNotAllReach() {
    assertThat(fault("test_divergent_barrier", 0, "u64"))
        .contains("while others of the block are at that of faults.cu:");
  }

  @Test
  void findsThreadsThatEndBeforeABarrier() {
    assertThat(fault("test_return_before_barrier", 0, "u64")).containsAnyOf("ends while", "never");
  }

  @Test
  void findsShufflesOfHalfAWarp() {
    assertThat(fault("test_divergent_shuffle", 0, "u64"))
        .contains("wait for each other for ever")
        .contains("at the barrier of faults.cu:")
        .contains("for the rest of their warp at faults.cu:");
  }

  @Test
  void findsAddressesThatAreNotAligned() {
    assertThat(fault("test_misaligned", 0, "u64", "u64"))
        .contains("at an address that is no multiple of 16");
  }

  @Test
  void findsWritesBehindSharedMemory() {
    assertThat(fault("test_shared_overrun", 256, "u64"))
        .contains("behind its shared memory of 256 bytes");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void asynchronousCopiesArriveAtTheirWait(long seed) {
    Emulator.seed(seed);
    float[] x = ramp(1024);
    float[] y = run("test_sum_rows", 1, 4096, x, 64);
    for (int row = 0; row < 64; row++) {
      assertThat(y[row]).isEqualTo(16 * (16 * row) + 136);
    }
    assertThat(run("test_sum_rows_without_wait", 1, 4096, x, 64)).contains(Float.NaN);
    assertThat(run("test_sum_rows_without_barrier", 1, 4096, x, 64)).contains(Float.NaN);
  }

  @Test
  void findsCopiesThatNobodyWaitsFor() {
    assertThat(fault("test_copy_never_arrives", 1024, "u64"))
        .contains("ends while copies that it started have not arrived");
  }

  @Test
  void findsCopiesBeyondSharedMemory() {
    assertThat(fault("test_copy_never_arrives", 512, "u64"))
        .contains("copies to 16 bytes at")
        .contains("of shared memory, which has 512");
  }

  @Test
  void multipliesMatricesInAWarp() {
    Random random = new Random(1);
    short[] a = new short[256];
    short[] b = new short[128];
    double[] expected = new double[128];
    for (int i = 0; i < a.length; i++) {
      a[i] = bf16(random.nextInt(17) - 8);
    }
    for (int i = 0; i < b.length; i++) {
      b[i] = bf16(random.nextInt(17) - 8);
    }
    for (int row = 0; row < 16; row++) {
      for (int column = 0; column < 8; column++) {
        for (int k = 0; k < 16; k++) {
          expected[row * 8 + column] += value(a[row * 16 + k]) * value(b[k * 8 + column]);
        }
      }
    }
    DeviceMemory left = DeviceMemory.allocate(context, 512);
    left.upload(a);
    DeviceMemory right = DeviceMemory.allocate(context, 256);
    right.upload(b);
    DeviceMemory out = DeviceMemory.allocate(context, 512);
    TestKernels.load(context, "test_product", "u64", "u64", "u64")
        .launch(stream, 1, 1, 1, 32, 1024, left, right, out);
    float[] d = new float[128];
    out.download(d);
    for (int i = 0; i < d.length; i++) {
      assertThat((double) d[i]).isEqualTo(expected[i]);
    }
  }

  private static short bf16(int value) {
    return (short) (Float.floatToIntBits(value) >>> 16);
  }

  private static float value(short bf16) {
    return Float.intBitsToFloat(bf16 << 16);
  }

  @Test
  void addsUpAWarp() {
    long[] bits = new long[32];
    double expected = 0;
    byte[] bytes = new byte[256];
    java.nio.ByteBuffer buffer =
        java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.nativeOrder());
    for (int i = 0; i < bits.length; i++) {
      buffer.putDouble(i + 0.5);
      expected += i + 0.5;
    }
    DeviceMemory x = DeviceMemory.allocate(context, 256);
    x.upload(bytes);
    DeviceMemory y = DeviceMemory.allocate(context, 256);
    TestKernels.load(context, "test_warp_sum", "u64", "u64").launch(stream, 1, 1, 1, 32, 0, x, y);
    y.download(bytes);
    for (int i = 0; i < 32; i++) {
      assertThat(buffer.getDouble(8 * i)).isEqualTo(expected);
    }
  }
}
