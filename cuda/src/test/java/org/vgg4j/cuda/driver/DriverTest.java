package org.vgg4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vgg4j.base.DeviceFailedException;
import org.vgg4j.base.InputException;

/** What the user is told where no GPU can be used, and what is known of one that can. */
@ExtendWith(Emulator.class)
class DriverTest {
  private static final String SCALE = TestKernels.ptx("test_scale", "u64", "u64", "f32", "u32");

  @Test
  void saysWhatADeviceIs() {
    Emulator.pose(3, 12040, 90, 8L << 30);
    Driver driver = Driver.open();
    assertThat(driver.cudaVersion()).isEqualTo("12.4");
    assertThat(driver.devices()).hasSize(3);
    Device device = driver.device(2);
    assertThat(device.ordinal()).isEqualTo(2);
    assertThat(device.name()).isEqualTo("vgg4j emulator");
    assertThat(device.capability()).isEqualTo(90);
    assertThat(device.memory()).isEqualTo(8L << 30);
    assertThat(device.usable()).isTrue();
    assertThat(device).hasToString("cuda:2 (vgg4j emulator)");
  }

  @Test
  void withoutADriverSaysWhatToInstall() {
    assertThatThrownBy(() -> Driver.find("libnotthere.so.1"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "No NVIDIA driver is installed (there is no library libnotthere.so.1): install driver"
                + " version 455 (on Windows 456) or newer, start a container with --gpus all, or"
                + " use --device cpu.");
  }

  @Test
  void anOldDriverIsNamedWithTheNeededOne() {
    Emulator.pose(1, 10020, 80, 1 << 20);
    assertThatThrownBy(Driver::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "The NVIDIA driver supports CUDA 10.2 and vgg4j's kernels need CUDA 11.1: install"
                + " driver version 455 (on Windows 456) or newer, or use --device cpu.");
  }

  @Test
  void aDriverWithoutADevice() {
    Emulator.pose(0, 12040, 80, 1 << 20);
    Driver driver = Driver.open();
    assertThat(driver.devices()).isEmpty();
    assertThatThrownBy(() -> driver.device(0))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "The NVIDIA driver finds no GPU: see what nvidia-smi lists and whether"
                + " CUDA_VISIBLE_DEVICES hides it, or use --device cpu.");
  }

  @Test
  void aDeviceThatAnotherProcessHasForItself() {
    Emulator.takeDevice(0);
    Device device = Driver.open().device(0);
    assertThatThrownBy(() -> Context.open(device))
        .isInstanceOf(UnusableDeviceException.class)
        .hasMessage(
            "cuda:0 (vgg4j emulator) is used by another process in exclusive mode: end that process"
                + " (nvidia-smi lists it), use another GPU, or use --device cpu.");
  }

  @Test
  void errorsAreOurMistakesOrWantOfMemoryOrFailuresOfTheGpu() {
    Driver unused = Driver.open();
    assertThat(Result.failure(1, "Copying", "")).isInstanceOf(CudaException.class);
    assertThat(Result.failure(901, "Capturing", "")).isInstanceOf(CudaException.class);
    assertThat(Result.failure(2, "Launching k on cuda:0", ""))
        .isInstanceOf(OutOfDeviceMemoryException.class)
        .hasMessage(
            "Launching k on cuda:0 failed, since the GPU has not enough memory free: use a smaller"
                + " batch, end other programs on this GPU (nvidia-smi lists them), or use --device"
                + " cpu.");
    assertThat(Result.failure(214, "Work on cuda:0", ""))
        .isInstanceOf(DeviceFailedException.class)
        .hasMessage(
            "Work on cuda:0 failed: unknown CUDA error 214: the GPU has failed (CUDA error 214) and"
                + " can do no more for this process; start it again (a training run goes on with"
                + " --resume), and if that does not help, see what nvidia-smi and the system's log"
                + " say, or use --device cpu.");
  }

  @Test
  void aDeviceThatIsNotThere() {
    assertThatThrownBy(() -> Driver.open().device(1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "There is no GPU cuda:1: use cuda:0, which this machine has, or use --device cpu.");
    Emulator.pose(4, 12040, 80, 1 << 20);
    assertThatThrownBy(() -> Driver.open().device(4)).hasMessageContaining("cuda:0 to cuda:3");
    assertThatThrownBy(() -> Driver.open().device(-1)).isInstanceOf(InputException.class);
  }

  @Test
  void anOldDevice() {
    Emulator.pose(1, 12040, 75, 1 << 20);
    assertThat(Driver.open().devices().get(0).usable()).isFalse();
    assertThatThrownBy(() -> Driver.open().device(0))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "cuda:0 (vgg4j emulator) has compute capability 7.5 and vgg4j needs 8.0 or newer (A100,"
                + " RTX 30 and what came after): use another GPU, or use --device cpu.");
  }

  @Test
  void aDriverThatDoesNotStart() {
    Emulator.failToStart(803);
    assertThatThrownBy(Driver::open)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("differ in version")
        .hasMessageContaining("restart the machine");
    Emulator.failToStart(999);
    assertThatThrownBy(Driver::open)
        .isInstanceOf(InputException.class)
        .hasMessage(
            "The NVIDIA driver does not start, unknown CUDA error 999: see whether nvidia-smi"
                + " works, or use --device cpu.");
  }

  @Test
  void aJvmStaysWithOneDriver() {
    Driver.open();
    assertThatThrownBy(() -> Driver.open("libc.so.6")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void outOfMemorySaysWhatIsNeededAndWhatIsFree() {
    try (Context context = Context.open(Driver.open().device(0));
        DeviceMemory some = DeviceMemory.allocate(context, 256L << 20)) {
      assertThat(some.bytes()).isEqualTo(256L << 20);
      assertThatThrownBy(() -> DeviceMemory.allocate(context, 3L << 29))
          .isInstanceOfSatisfying(
              OutOfDeviceMemoryException.class,
              e -> {
                assertThat(e.needed()).isEqualTo(3L << 29);
                assertThat(e.free()).isEqualTo(768L << 20);
              })
          .hasMessage(
              "cuda:0 (vgg4j emulator) has 768.0 MiB free of 1.0 GiB and 1.5 GiB more are needed:"
                  + " use a smaller batch, end other programs on this GPU (nvidia-smi lists them),"
                  + " or use --device cpu.");
      assertThat(context.freeMemory()).isEqualTo(768L << 20);
      assertThat(context.openAllocations()).isEqualTo(1);
      assertThat(context.allocatedBytes()).isEqualTo(256L << 20);
    }
  }

  @Test
  void ptxThatIsNewerThanTheDriver() {
    try (Context context = Context.open(Driver.open().device(0))) {
      String ptx = TestKernels.ptxFor("9.0", "sm_80", "test_scale", "u64", "u64", "f32", "u32");
      assertThatThrownBy(() -> KernelModule.load(context, ptx, "scale"))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("supports CUDA 12.4");
    }
  }

  @Test
  void ptxForAnotherGenerationAndTextThatIsNone() {
    try (Context context = Context.open(Driver.open().device(0))) {
      String hopper = TestKernels.ptxFor("8.0", "sm_90a", "test_scale", "u64", "u64", "f32", "u32");
      assertThatThrownBy(() -> KernelModule.load(context, hopper, "scale"))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("Assembling the kernels scale for cuda:0")
          .hasMessageContaining("CUDA_ERROR_NO_BINARY_FOR_GPU");
      assertThatThrownBy(() -> KernelModule.load(context, "int main() {}", "nonsense"))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("Assembling the kernels nonsense")
          .hasMessageContaining("this is no PTX");
      assertThatThrownBy(
              () -> KernelModule.load(context, TestKernels.ptx("test_scale", "u64"), "stale"))
          .hasMessageContaining("the kernel test_scale takes p in the PTX and ppfi in the sources");
    }
  }

  @Test
  void anArgumentThatTheKernelDoesNotTake() {
    try (Context context = Context.open(Driver.open().device(0))) {
      KernelModule module = KernelModule.load(context, SCALE, "scale");
      assertThatThrownBy(() -> module.kernel("other"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("There is no kernel other in scale");
      Kernel kernel = module.kernel("test_scale");
      CudaStream stream = CudaStream.create(context);
      assertThatThrownBy(() -> kernel.launch(stream, 1, 1, 1, 32, 0, 1L, 2L, 3f))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("test_scale takes 4 arguments and got 3");
      assertThatThrownBy(() -> kernel.launch(stream, 1, 1, 1, 32, 0, 1L, 2L, 3, 4))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("test_scale takes FLOAT as parameter 2 and got 3");
    }
  }

  @Test
  void aLaunchThatTheDeviceCannotDo() {
    try (Context context = Context.open(Driver.open().device(0))) {
      Kernel kernel = KernelModule.load(context, SCALE, "scale").kernel("test_scale");
      CudaStream stream = CudaStream.create(context);
      assertThatThrownBy(() -> kernel.launch(stream, 0, 1, 1, 32, 0, 1L, 2L, 3f, 4))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining(
              "Launching test_scale on cuda:0 (vgg4j emulator) (grid 0 x 1 x 1, 32 threads, 0"
                  + " bytes")
          .hasMessageContaining("CUDA_ERROR_INVALID_VALUE");
      assertThatThrownBy(() -> kernel.launch(stream, 1, 1, 1, 32, 164 << 10, 1L, 2L, 3f, 4))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("167936 bytes of shared memory");
    }
  }
}
