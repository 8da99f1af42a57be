package org.vgg4j.serve.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.ImageLocalizer;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.search.ImageSearch;
import org.vgg4j.search.Match;
import org.vgg4j.serve.compute.Work;
import org.vgg4j.serve.http.Answer;
import org.vgg4j.serve.http.Call;
import org.vgg4j.serve.http.HttpFailure;
import org.vgg4j.serve.http.Routes;
import org.vgg4j.serve.models.Overlay;

/** Boxes and similar pictures, where the service has what finds them. Thread-safe. */
final class FinderEndpoints {
  private static final int MOST_BOXES = 100;
  private static final int MOST_MATCHES = 1000;
  private static final int USUAL_MATCHES = 10;
  private static final int SIDE = 256; // pixels of a small copy, at most

  /** A picture, decoded when its turn has come, and how many answers are wanted. */
  private record Question(Supplier<RgbImage> image, int top) {}

  /** What was found in a picture of a size. */
  private record Located(int width, int height, List<ImageLocalizer.Found> objects) {}

  /** One picture at a time. */
  private interface OneByOne<O> extends Work<Question, O> {
    O answer(Question question);

    @Override
    default int most() {
      return 1;
    }

    @Override
    default List<O> compute(List<Question> questions) {
      return questions.stream().map(this::answer).toList();
    }
  }

  /** Finds boxes. */
  private record Locating(ImageLocalizer localizer) implements OneByOne<Located> {
    @Override
    public String name() {
      return "localize";
    }

    @Override
    public Located answer(Question question) {
      RgbImage image = question.image().get();
      return new Located(image.width(), image.height(), localizer.locate(image, question.top()));
    }
  }

  /** Finds similar pictures. */
  private record Searching(ImageSearch search) implements OneByOne<List<Match>> {
    @Override
    public String name() {
      return "search";
    }

    @Override
    public List<Match> answer(Question question) {
      return search.search(question.image().get(), question.top());
    }
  }

  private final @Nullable Locating locating;
  private final @Nullable Searching searching;
  private final Uploads uploads;
  private final Pipeline pipeline;
  private final int maxBody;

  /**
   * @param maxBody bytes of a picture, whoever has it
   */
  FinderEndpoints(Finders finders, Uploads uploads, Pipeline pipeline, int maxBody) {
    this.locating = finders.localizer() == null ? null : new Locating(finders.localizer());
    this.searching = finders.search() == null ? null : new Searching(finders.search());
    this.uploads = uploads;
    this.pipeline = pipeline;
    this.maxBody = maxBody;
  }

  void addTo(Routes routes) {
    routes
        .add("POST", "/v1/localize", this::localize)
        .add("POST", "/v1/search", this::search)
        .add("GET", "/v1/thumbnails/{row}", this::thumbnail);
  }

  private CompletableFuture<Answer> localize(Call call) {
    if (locating == null) {
      throw new HttpFailure(
          404, "this service finds no boxes: start it with --localizer to have them");
    }
    int top = call.number("top", 1, 1, MOST_BOXES);
    return each(
        call,
        top,
        locating,
        (outcome, map) -> {
          Located located = Results.result(outcome);
          map.put("width", located.width());
          map.put("height", located.height());
          map.put("objects", located.objects().stream().map(FinderEndpoints::asMap).toList());
        });
  }

  private static Map<String, Object> asMap(ImageLocalizer.Found found) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("label", found.label());
    map.put("index", found.index());
    map.put("probability", found.probability());
    Box box = found.box();
    map.put("box", List.of(box.left(), box.top(), box.right(), box.bottom()));
    return map;
  }

  private CompletableFuture<Answer> search(Call call) {
    Searching found = requireIndex();
    int top = call.number("top", USUAL_MATCHES, 1, MOST_MATCHES);
    return each(
        call,
        top,
        found,
        (outcome, map) -> {
          List<Map<String, Object>> matches = new ArrayList<>();
          for (Match match : Results.result(outcome)) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("row", match.row());
            one.put("file", found.search().index().image(match.row()).path());
            one.put("cosine", match.cosine());
            one.put("thumbnail", "/v1/thumbnails/" + match.row());
            matches.add(one);
          }
          map.put("matches", matches);
        });
  }

  private Searching requireIndex() {
    if (searching == null) {
      throw new HttpFailure(
          404, "this service has no index of pictures: start it with --index to search in one");
    }
    return searching;
  }

  private <O> CompletableFuture<Answer> each(
      Call call,
      int top,
      Work<Question, O> work,
      BiConsumer<Pipeline.Outcome<O>, Map<String, Object>> tell) {
    List<Upload> all = uploads.of(call);
    call.notes().put("images", all.size());
    long start = System.nanoTime();
    return pipeline
        .late(call, all, image -> new Question(image, top), work)
        .thenApply(
            outcomes -> {
              Map<String, Object> answer = new LinkedHashMap<>();
              answer.put("images", Results.of(outcomes, tell));
              answer.put("milliseconds", Map.of("total", Results.milliseconds(start)));
              return Answer.json(answer);
            });
  }

  /** A small copy of a picture of the index; nothing else of the disk is to be had. */
  private CompletableFuture<Answer> thumbnail(Call call) {
    Searching found = requireIndex();
    int count = found.search().index().count();
    String row = call.variable("row");
    if (!row.matches("[0-9]{1,9}") || Integer.parseInt(row) >= count) {
      throw new HttpFailure(
          404, "the index has no row %s: it has 0 to %d".formatted(row, count - 1));
    }
    Path file = found.search().index().path(Integer.parseInt(row));
    return pipeline.beside(
        () -> {
          RgbImage image;
          try {
            if (Files.size(file) > maxBody) {
              throw new HttpFailure(
                  413, "picture " + row + " of the index is too large for a small copy");
            }
            image =
                pipeline.pictures().decode(new Upload("picture " + row, Files.readAllBytes(file)));
          } catch (IOException e) {
            throw new HttpFailure(404, "picture " + row + " of the index is gone");
          }
          return Answer.of("image/png", Overlay.small(image, SIDE).toPng())
              .with("Cache-Control", "private, max-age=3600");
        });
  }
}
