package example;

import java.nio.file.Path;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.vgg4j.Descriptor;
import org.vgg4j.ImageClassifier;
import org.vgg4j.Prediction;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;

/** Classifies and describes the images that it is sent. */
@SpringBootApplication
public class Application {
  public static void main(String[] args) {
    SpringApplication.run(Application.class, args);
  }

  /** One for all requests; Spring closes it, after the web server has served the last of them. */
  @Bean
  ImageClassifier classifier(@Value("${model}") Path model) {
    return ImageClassifier.load(model);
  }

  @RestController
  static class Images {
    private final ImageClassifier classifier;

    Images(ImageClassifier classifier) {
      this.classifier = classifier;
    }

    @PostMapping("/classify")
    List<Prediction> classify(@RequestBody byte[] image) {
      return classifier.classify(image);
    }

    @PostMapping("/describe")
    Descriptor describe(@RequestBody byte[] image, @RequestParam(defaultValue = "fc7") String tap) {
      return classifier.describe(ImageDecoder.decode(image, "the image"), tap);
    }

    /** Errors in an image or a tap's name are reported in one sentence, which callers may see. */
    @ExceptionHandler
    @ResponseStatus(HttpStatus.BAD_REQUEST)
    String refuse(InputException e) {
      return e.getMessage();
    }
  }
}
