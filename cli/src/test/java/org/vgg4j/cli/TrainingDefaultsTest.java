package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.vgg4j.train.TrainingConfig;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Programs, files and the command line have one table of options. */
class TrainingDefaultsTest {
  private static TrainingConfig parsed(String... args) {
    TrainCommand command = new TrainCommand();
    Values.register(new CommandLine(command)).parseArgs(args);
    return command.trainingConfig();
  }

  @Test
  void theDefaultsAreOne() {
    assertThat(parsed()).isEqualTo(TrainingConfig.DEFAULTS);
    assertThat(TrainingConfig.of(Map.of())).isEqualTo(TrainingConfig.DEFAULTS);
  }

  @Test
  void everyKeyIsAnOptionWithADescription() {
    CommandLine line = new CommandLine(new TrainCommand());
    String help = line.getUsageMessage().replaceAll("\\s+", " ");
    TrainingConfig.DEFAULTS
        .options()
        .keySet()
        .forEach(
            key -> {
              OptionSpec option = line.getCommandSpec().findOption("--" + key);
              assertThat(option).as(key).isNotNull();
              assertThat(String.join("", option.description())).as(key).hasSizeGreaterThan(10);
              assertThat(help).matches("(?s).*--(\\[no-])?" + key + "[= ].*");
            });
    assertThat(help).contains("(default: 0.0005)").contains("(default: 64)");
  }

  @Test
  void everyOptionReachesTheConfiguration() {
    String typed =
        "--data=x --held-out=0.2 --limit=9 --arch=B --width=0.5 --crop=33 --scale=40 --no-flip"
            + " --color-shift=0.2 --batch=8 --micro-batch=4 --lr=0.5 --lr-features=0.25"
            + " --lr-head=0.75 --momentum=0.5 --weight-decay=1 --no-bias-decay --dropout=0.25"
            + " --init=from:m --init-rest=he --freeze=fc6 --schedule=step --patience=4"
            + " --step-epochs=3 --warm-up=5 --epochs=6 --max-steps=7 --seed=8 --threads=99"
            + " --device=cpu --precision=fp32 --checkpoint-every=10 --max-unreadable=11";
    Map<String, Object> options = parsed(typed.split(" ")).options();
    TrainingConfig.DEFAULTS
        .options()
        .forEach((key, value) -> assertThat(options.get(key)).as(key).isNotEqualTo(value));
  }
}
