package org.vgg4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.DeviceFailedException;

/** Memory, copies, streams, events and graphs. */
@ExtendWith(Emulator.class)
class StreamTest {
  private static float[] ramp(int count) {
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = i + 1;
    }
    return x;
  }

  private static Context context() {
    return Context.open(Driver.open().device(0));
  }

  private static Kernel scale(Context context) {
    return TestKernels.load(context, "test_scale", "u64", "u64", "f32", "u32");
  }

  @Test
  void arraysOfEachKindComeBack() {
    try (Context context = context();
        DeviceMemory memory = DeviceMemory.allocate(context, 12 << 20)) {
      float[] floats = ramp(3 << 20); // more than a piece of the staging buffer
      float[] back = new float[floats.length];
      memory.upload(floats);
      memory.download(back);
      assertThat(back).isEqualTo(floats);
      float[] part = new float[12];
      memory.download(4L * 5000, part, 2, 8);
      assertThat(part[1]).isZero();
      assertThat(part[2]).isEqualTo(5001);
      assertThat(part[9]).isEqualTo(5008);
      memory.upload(8, floats, 100, 1);
      memory.download(part);
      assertThat(part[1]).isEqualTo(2);
      assertThat(part[2]).isEqualTo(101);
      int[] ints = {1, -2, Integer.MAX_VALUE};
      memory.upload(ints);
      int[] intsBack = new int[3];
      memory.download(intsBack);
      assertThat(intsBack).isEqualTo(ints);
      short[] shorts = {1, -2, Short.MAX_VALUE};
      memory.upload(shorts);
      short[] shortsBack = new short[3];
      memory.download(shortsBack);
      assertThat(shortsBack).isEqualTo(shorts);
      byte[] bytes = {1, -2, 3};
      memory.upload(bytes);
      byte[] bytesBack = new byte[3];
      memory.download(bytesBack);
      assertThat(bytesBack).isEqualTo(bytes);
      assertThatThrownBy(() -> memory.upload((12 << 20) - 4, floats, 0, 2))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void whatIsClosedIsRefused() {
    Context context = context();
    DeviceMemory memory = DeviceMemory.allocate(context, 16);
    memory.close();
    memory.close();
    assertThatThrownBy(memory::address)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("DeviceMemory is closed");
    DeviceMemory left = DeviceMemory.allocate(context, 16);
    context.close();
    context.close();
    assertThatThrownBy(left::address).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> DeviceMemory.allocate(context, 16))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The context of cuda:0 (vgg4j emulator) is closed");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void eventsOrderTwoStreams(long seed) {
    Emulator.seed(seed);
    try (Context context = context()) {
      CudaStream copies = CudaStream.create(context);
      CudaStream work = CudaStream.create(context);
      HostMemory host = HostMemory.allocate(context, 400);
      DeviceMemory x = DeviceMemory.allocate(context, 400);
      DeviceMemory y = DeviceMemory.allocate(context, 400);
      CudaEvent arrived = CudaEvent.create(context);
      CudaEvent done = CudaEvent.create(context);
      Kernel kernel = scale(context);
      for (int round = 1; round <= 5; round++) {
        ByteBuffer buffer = host.buffer();
        for (int i = 0; i < 100; i++) {
          buffer.putFloat(4 * i, round * i);
        }
        copies.copy(host, 0, x, 0, 400);
        arrived.record(copies);
        work.waitFor(arrived);
        kernel.launch(work, 1, 1, 1, 128, 0, x, y, 2f, 100);
        done.record(work);
        copies.waitFor(done);
        copies.copy(y, 0, host, 0, 400);
        copies.synchronize();
        for (int i = 0; i < 100; i++) {
          assertThat(buffer.getFloat(4 * i)).isEqualTo(2f * round * i);
        }
      }
      assertThat(done.millisecondsSince(arrived)).isNotNegative();
    }
  }

  @Test
  void aMissingWaitShowsUnderSomeSeed() {
    int wrong = 0;
    for (long seed = 1; seed <= 20; seed++) {
      Emulator.seed(seed);
      try (Context context = context()) {
        CudaStream copies = CudaStream.create(context);
        CudaStream work = CudaStream.create(context);
        HostMemory host = HostMemory.allocate(context, 4);
        host.buffer().putFloat(0, 1f);
        DeviceMemory x = DeviceMemory.allocate(context, 4);
        DeviceMemory y = DeviceMemory.allocate(context, 4);
        copies.copy(host, 0, x, 0, 4);
        scale(context).launch(work, 1, 1, 1, 32, 0, x, y, 2f, 1);
        float[] result = new float[1];
        y.download(result);
        wrong += result[0] == 2f ? 0 : 1;
      }
    }
    assertThat(wrong).isBetween(1, 19);
  }

  @Test
  void clearsAndCopiesOnTheDevice() {
    try (Context context = context()) {
      CudaStream stream = CudaStream.create(context);
      DeviceMemory x = DeviceMemory.of(context, ramp(8));
      DeviceMemory y = DeviceMemory.allocate(context, 32);
      stream.clear(y);
      stream.copy(x, 8, y, 4, 8);
      float[] result = new float[8];
      y.download(result);
      assertThat(result).containsExactly(0, 3, 4, 0, 0, 0, 0, 0);
      assertThatThrownBy(() -> stream.clear(y, 30, 4))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void copiesFromDeviceToDevice() {
    Emulator.pose(2, 12040, 80, 1 << 20);
    Driver driver = Driver.open();
    try (Context first = Context.open(driver.device(0));
        Context second = Context.open(driver.device(1))) {
      DeviceMemory x = DeviceMemory.of(first, ramp(8));
      DeviceMemory y = DeviceMemory.allocate(second, 32);
      CudaStream stream = CudaStream.create(first);
      CudaEvent sent = CudaEvent.create(first);
      stream.copy(x, 0, y, 0, 32);
      sent.record(stream);
      CudaStream there = CudaStream.create(second);
      there.waitFor(sent);
      scale(second).launch(there, 1, 1, 1, 32, 0, y, y, 3f, 8);
      float[] result = new float[8];
      y.download(result);
      assertThat(result[7]).isEqualTo(24f);
      assertThat(first.enablePeerAccess(second)).isTrue();
      assertThat(first.enablePeerAccess(second)).isTrue();
      assertThat(first.enablePeerAccess(first)).isFalse();
    }
  }

  @Test
  void aGraphRunsAgain() {
    try (Context context = context()) {
      CudaStream stream = CudaStream.create(context);
      DeviceMemory x = DeviceMemory.of(context, ramp(8));
      Kernel kernel = scale(context);
      CudaGraph graph =
          CudaGraph.capture(
              stream,
              () -> {
                kernel.launch(stream, 1, 1, 1, 32, 0, x, x, 2f, 8);
                kernel.launch(stream, 1, 1, 1, 32, 0, x, x, 5f, 4);
              });
      float[] result = new float[8];
      x.download(result);
      assertThat(result).as("captured, not run").isEqualTo(ramp(8));
      graph.launch(stream);
      graph.launch(stream);
      x.download(result);
      assertThat(result).containsExactly(100, 200, 300, 400, 20, 24, 28, 32);
      assertThat(Emulator.launches()).isEqualTo(4);
    }
  }

  /** Starts a thread, and says whether it waits instead of doing all that it is there for. */
  private static boolean waits(Thread thread) {
    thread.start();
    while (thread.getState() != Thread.State.WAITING && thread.isAlive()) {
      Thread.onSpinWait();
    }
    return thread.isAlive();
  }

  /** A real driver would end the capture. */
  @Test
  void whoWaitsForTheContextWaitsForTheEndOfACapture() throws InterruptedException {
    try (Context context = context()) {
      CudaStream stream = CudaStream.create(context);
      DeviceMemory x = DeviceMemory.of(context, ramp(8));
      Kernel kernel = scale(context);
      Thread other = new Thread(context::synchronize, "another thread");
      AtomicBoolean waits = new AtomicBoolean();
      CudaGraph graph =
          CudaGraph.capture(
              stream,
              () -> {
                waits.set(waits(other));
                kernel.launch(stream, 1, 1, 1, 32, 0, x, x, 2f, 8);
              });
      other.join();
      assertThat(waits).isTrue();
      assertThatThrownBy(
              () ->
                  CudaGraph.capture(
                      stream,
                      () -> {
                        kernel.launch(stream, 1, 1, 1, 32, 0, x, x, 2f, 8);
                        stream.synchronize();
                      }))
          .isInstanceOf(CudaException.class);
      graph.launch(stream);
      float[] result = new float[8];
      x.download(result);
      assertThat(result[7]).as("the stream captures no longer").isEqualTo(16f);
    }
  }

  /** The driver has one context for all of ours: another model is loaded meanwhile, or released. */
  @ParameterizedTest
  @ValueSource(strings = {"synchronize", "close", "allocate", "free", "allocate pinned"})
  void anotherContextOfTheGpuWaitsForTheEndOfACapture(String call) throws InterruptedException {
    try (Context context = context();
        Context second = context()) {
      CudaStream stream = CudaStream.create(context);
      DeviceMemory x = DeviceMemory.of(context, ramp(8));
      DeviceMemory ofSecond = DeviceMemory.allocate(second, 16);
      Kernel kernel = scale(context);
      Map<String, Runnable> calls =
          Map.of(
              "synchronize", second::synchronize,
              "close", second::close,
              "allocate", () -> assertThat(DeviceMemory.allocate(second, 16)).isNotNull(),
              "free", ofSecond::close,
              "allocate pinned", () -> assertThat(HostMemory.allocate(second, 16)).isNotNull());
      Thread other = new Thread(calls.get(call), "another thread");
      AtomicBoolean waits = new AtomicBoolean();
      CudaGraph graph =
          CudaGraph.capture(
              stream,
              () -> {
                waits.set(waits(other));
                kernel.launch(stream, 1, 1, 1, 32, 0, x, x, 2f, 8);
              });
      other.join();
      assertThat(waits).isTrue();
      graph.launch(stream);
      float[] result = new float[8];
      x.download(result);
      assertThat(result[7]).isEqualTo(16f);
    }
  }

  @Test
  void aCaptureThatSomebodyElseEndsIsToldApart() {
    try (Context context = context()) {
      CudaStream stream = CudaStream.create(context);
      DeviceMemory x = DeviceMemory.of(context, ramp(8));
      Runnable work = () -> stream.clear(x);
      Emulator.breakCaptures(2);
      assertThatThrownBy(() -> CudaGraph.capture(stream, work))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED");
      assertThat(CudaGraph.tryToCapture(stream, work)).isNull();
      assertThat(CudaGraph.tryToCapture(stream, work)).isNotNull();
      assertThatThrownBy(() -> CudaGraph.tryToCapture(stream, () -> stream.clear(x, 0, 33)))
          .as("a mistake")
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void anyThreadMayCall() throws InterruptedException {
    try (Context context = context()) {
      DeviceMemory x = DeviceMemory.of(context, ramp(8));
      CudaStream stream = CudaStream.create(context);
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread thread =
          new Thread(
              () -> scale(context).launch(stream, 1, 1, 1, 32, 0, x, x, 2f, 8), "another thread");
      thread.setUncaughtExceptionHandler((who, e) -> thrown.set(e));
      thread.start();
      thread.join();
      assertThat(thrown.get()).isNull();
      float[] result = new float[8];
      x.download(result);
      assertThat(result[0]).isEqualTo(2f);
    }
  }

  @Test
  void closingAContextTellsWhatNobodyWaitedFor() {
    Context context = context();
    DeviceMemory x = DeviceMemory.of(context, ramp(8));
    scale(context).launch(CudaStream.create(context), 1, 1, 1, 32, 0, x, x, 2f, 9);
    assertThatThrownBy(context::close)
        .isInstanceOf(DeviceFailedException.class)
        .hasMessageContaining("test_scale");
    try (Context again = context()) {
      assertThat(again.freeMemory()).isEqualTo(1L << 30);
    }
  }
}
