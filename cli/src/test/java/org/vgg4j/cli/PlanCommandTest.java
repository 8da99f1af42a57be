package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanCommandTest {
  private static JsonNode json(Object... options) throws IOException {
    List<Object> all = new ArrayList<>(List.of("plan", "--json"));
    all.addAll(List.of(options));
    Vgg vgg = Vgg.run(all.toArray());
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.err()).isEmpty();
    return new ObjectMapper().readTree(vgg.out());
  }

  /** 94.8 million images at 5,600 a second are 4.7 hours. */
  @Test
  void gpusThatAreNotHere() throws IOException {
    JsonNode plan = json("--gpu", "h200", "--gpus", "1,4");
    assertThat(plan.get("predicted").booleanValue()).isTrue();
    assertThat(plan.get("measured").booleanValue()).isFalse();
    assertThat(plan.get("imagesPerSecond").doubleValue()).isBetween(5500.0, 5800.0);
    assertThat(plan.get("microBatch").intValue()).isEqualTo(256);
    assertThat(plan.get("watts").doubleValue()).isEqualTo(700);
    assertThat(plan.get("machines")).isNull();
    JsonNode one = plan.at("/gpus/0");
    assertThat(one.get("days").doubleValue() * 24).isCloseTo(4.6, within(0.15));
    assertThat(one.get("trafficBytesPerStep").doubleValue()).isZero();
    JsonNode four = plan.at("/gpus/1");
    assertThat(four.get("gpus").intValue()).isEqualTo(4);
    assertThat(four.get("speedUp").doubleValue()).isBetween(3.0, 4.0);
    assertThat(four.get("decodingCores").doubleValue())
        .isCloseTo(four.get("decodedPerSecond").doubleValue() / 455, within(1e-6));
    assertThat(four.get("decodedPerSecond").doubleValue())
        .isCloseTo(256 * 370_370 / (four.get("days").doubleValue() * 86_400), within(1.0));
  }

  /** As vgg train chooses it: what one card holds at once, 256 at most. */
  @Test
  void aBatchThatIsChosen() throws IOException {
    assertThat(json("--gpu", "H100", "--gpus", 1, "--batch", "auto").get("batch").intValue())
        .isEqualTo(256);
    List<Object> large = List.of("--gpu", "RTX4090", "--precision", "fp32", "--crop", 448);
    JsonNode one = json(and(large, "--gpus", 1, "--batch", "auto"));
    int batch = one.get("batch").intValue();
    assertThat(batch).isBetween(32, 224).isEqualTo(one.get("microBatch").intValue());
    JsonNode next = json(and(large, "--gpus", 1, "--batch", batch + 32));
    assertThat(next.get("microBatch").intValue()).isLessThan(batch + 32);
    assertThat(json(and(large, "--gpus", 2, "--batch", "auto")).get("batch").intValue())
        .isGreaterThan(batch);
    JsonNode few = json("--gpu", "H100", "--gpus", 1, "--batch", "auto", "--images", 4096);
    assertThat(few.get("batch").intValue()).isEqualTo(64);
    assertThat(Vgg.run("plan", "--gpu", "H100", "--batch", "most").err())
        .isEqualTo("vgg: option batch is most but must be a whole number or auto\n");
    assertThat(Vgg.run("plan", "--gpu", "H100", "--batch", "auto", "--micro-batch", 8).err())
        .contains("batch auto is a single micro-batch: leave out --micro-batch");
  }

  private static Object[] and(List<Object> options, Object... more) {
    List<Object> all = new ArrayList<>(options);
    all.addAll(List.of(more));
    return all.toArray();
  }

  @Test
  void mixedImagesAreDecodedInPairs() throws IOException {
    double plain = json("--gpu", "H100", "--gpus", 1).at("/gpus/0/decodedPerSecond").doubleValue();
    JsonNode mixed = json("--gpu", "H100", "--gpus", 1, "--mixup", "0.2", "--cutmix", "1");
    assertThat(mixed.at("/gpus/0/decodedPerSecond").doubleValue()).isEqualTo(2 * plain);
    assertThat(mixed.at("/gpus/0/decodingCores").doubleValue()).isEqualTo(2 * plain / 455);
    assertThat(Vgg.run("plan", "--gpu", "H100", "--mixup", "0.2").out())
        .contains("Each image is decoded with the one it is mixed with.");
    assertThat(json("--gpu", "H100", "--gpus", 1, "--mixup", "0").at("/gpus/0/decodedPerSecond"))
        .isEqualTo(json("--gpu", "H100", "--gpus", 1).at("/gpus/0/decodedPerSecond"));
  }

  @Test
  void slowerLinks() throws IOException {
    double nvlink = json("--gpu", "H100", "--gpus", 8).at("/gpus/0/days").doubleValue();
    JsonNode pcie = json("--gpu", "H100", "--gpus", 8, "--link", "pcie");
    assertThat(pcie.get("gigabitsPerSecond").doubleValue()).isEqualTo(200);
    assertThat(pcie.at("/gpus/0/days").doubleValue()).isGreaterThan(1.5 * nvlink);
  }

  /** What a card has no room for at once is taken in parts. */
  @Test
  void whatDoesNotFit() throws IOException {
    JsonNode plan = json("--gpu", "RTX4090", "--gpus", 1, "--batch", 1024, "--precision", "fp32");
    assertThat(plan.get("microBatch").intValue()).isEqualTo(256);
    assertThat(plan.get("memoryBytes").doubleValue()).isLessThan(0.85 * 24e9);
    JsonNode three =
        json("--gpu", "RTX4090", "--gpus", "3,6", "--batch", 1500, "--precision", "fp32");
    assertThat(three.get("microBatch").intValue()).as("two micro-batches for each").isEqualTo(250);
    Vgg refused =
        Vgg.run("plan", "--gpu", "RTX4090", "--batch", 4096, "--micro-batch", 1000, "--gpus", 1);
    assertThat(refused.err())
        .startsWith("vgg: training 1000 images at a time needs about ")
        .endsWith("than NVIDIA GeForce RTX 4090 has room for: take a smaller micro-batch\n");
  }

  @Test
  void machinesWithAGpuEach() throws IOException {
    JsonNode plan = json("--gpu", "H100", "--machines", "1,4", "--gigabits", 100);
    assertThat(plan.at("/machines/1/speedUp").doubleValue()).isLessThan(1);
    assertThat(plan.at("/machines/1/trafficBytesPerStep").doubleValue())
        .isCloseTo(6.0 * 138_357_544, within(1.0));
  }

  @Test
  void denseEvaluation() throws IOException {
    JsonNode dense = json("--gpu", "H200", "--test-scales", "256,512").get("dense");
    double small = dense.at("/0/seconds").doubleValue();
    assertThat(small).isBetween(5.0, 20.0);
    assertThat(dense.at("/1/seconds").doubleValue()).isBetween(3.5 * small, 5.5 * small);
    assertThat(Vgg.run("plan", "--gpu", "H200", "--test-scales", "256").out())
        .contains("Dense evaluation of 50,000 images of 4:3 and their mirror images on one GPU");
  }

  @Test
  void textSaysWhatIsPredicted() {
    Vgg vgg = Vgg.run("plan", "--gpu", "RTX4090");
    assertThat(vgg.out())
        .contains("One NVIDIA GeForce RTX 4090 trains on 1,")
        .contains("images/s (predicted, bf16), has 450 W and 12 GB/s to other GPUs (link host)")
        .contains("ms computing")
        .contains("All of it is predicted: see docs/scale.md.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --gpu K40|option gpu is 'K40' but must be one of H100, H200, RTX4090: any other GPU is \
          measured where it is, by --device cuda
          --gpu H100 --device cpu|option gpu predicts the rate of a GPU, option device measures \
          that of one that is here: leave one out
          --gpu H100 --images-per-second 5|option gpu predicts a rate and option images-per-second \
          states one: leave one out
          --gpus 2 --images-per-second 5|option gpus needs to know more of a GPU than option \
          images-per-second states: take --gpu instead, or let a GPU be measured
          --gpus 2 --device cpu|option gpus is for GPUs, but this machine computes with its \
          processors: take --gpu to predict, or --machines
          --gpu H100 --gpus 2 --machines 2|options gpus and machines cannot both be given: several \
          GPUs in each of several machines do not train together
          --gpu H100 --gpus 257|a batch of 256 cannot be divided over 257 gpus: take fewer, or \
          raise option batch
          --gpu H100 --gpus 0|option gpus is 0 but must be more than 0
          --gpu H100 --gigabits 5|option gigabits is between machines, but option gpus plans for \
          GPUs of one: leave out --gigabits, or take --machines
          --gpu H100 --link usb|option link is 'usb' but must be nvlink, pcie or host
          --link nvlink|option link is between GPUs of one machine: add --gpus
          --test-scales 256|option test-scales needs option gpu: where a GPU is, bench \
          --test-scales measures it
          --gpu H100 --test-scales 100|test scale Q = 100 is below crop 224: take scales of at \
          least the crop
          --gpu H100 --test-images 0|option test-images is 0 but must be at least 1
          --gpu H100 --watts 0|option watts is 0.0 but must be more than 0
          --gpu H100 --micro-batch 0|option micro-batch is 0 but must be more than 0
          """)
  void oneSentence(String options, String sentence) {
    List<Object> words = new ArrayList<>(List.of("plan"));
    words.addAll(List.of(options.split(" ")));
    Vgg vgg = Vgg.run(words.toArray());
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).endsWith("vgg: " + sentence + "\n");
    assertThat(vgg.out()).isEmpty();
  }
}
