package org.vgg4j.architecture;

import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.BaseStream;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * Who may call whom. Each package below {@code org.vgg4j} is a room, and an arrow that is not drawn
 * here is an error. To add a room, add its rule here and its line to the table in CONTRIBUTING.md.
 */
@AnalyzeClasses(
    packages = "org.vgg4j",
    importOptions = {DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
class ArchitectureTest {
  /** Tests that modules share come as jars, too. */
  static final class NoTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  private static final String ROOT = "org.vgg4j";

  private static final Set<String> ROOMS =
      Set.of(
          "base",
          "kernels",
          "model",
          "network",
          "image",
          "data",
          "weights",
          "views",
          "descriptor",
          "evaluate",
          "parallel",
          "embed",
          "svm",
          "search",
          "train",
          "report",
          "experiment",
          "serve",
          "cli",
          "torch" /* implements parallel; not seen from here, and sees training only by its module */,
          "cuda" /* its own rules are in its module; no room may call it */,
          "bench" /* its own rules are in its module, which is not seen from here */);

  @ArchTest
  static final ArchRule everyClassLivesInARoom =
      classes()
          .should()
          .resideInAnyPackage(ROOMS.stream().map(ArchitectureTest::room).toArray(String[]::new))
          .orShould()
          .resideInAPackage(ROOT)
          .because("a package without a rule here could call anything, and be called by anyone");

  @ArchTest
  static final ArchRule base =
      arrows("base")
          .because("everyone calls base, so whatever base called would be everyone's dependency");

  @ArchTest
  static final ArchRule kernels =
      classes()
          .that()
          .resideInAPackage(room("kernels"))
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              room("kernels"),
              "java..",
              "jdk.incubator.vector..",
              "com.sun.management.." /* what the JIT is allowed to do */,
              "javax.management.." /* what it is told to do */,
              "org.jspecify.annotations..")
          .because(
              "kernels turn arrays into arrays and know neither networks nor libraries: so they can"
                  + " be tested against the naive twin, measured and replaced alone");

  @ArchTest
  static final ArchRule model =
      arrows("model", "base")
          .because(
              "the family is a description: who reads the table need not know how it is computed");

  @ArchTest
  static final ArchRule network =
      arrows("network", "kernels", "model", "base")
          .because("execution sees parameters and tensors, never files, pixels or data sets");

  @ArchTest
  static final ArchRule nobodyNamesTheCpusEngine =
      noClasses()
          .that()
          .resideOutsideOfPackage(room("network.cpu"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(room("network.cpu"))
          .because(
              "it is found as a service, like those of other devices: what callers need of it,"
                  + " they need of all engines");

  @ArchTest
  static final ArchRule image =
      arrows("image", "model", "base")
          .because("image handles pixels only; of the model it needs the preprocessing profile");

  @ArchTest
  static final ArchRule imageFile =
      inner("image.file", "image").because("what all formats share must not know any one of them");

  @ArchTest
  static final ArchRule imageJpeg =
      inner("image.jpeg", "image.file", "image").because("a format stands for itself");

  @ArchTest
  static final ArchRule imageTiff =
      inner("image.tiff", "image.jpeg", "image.file", "image")
          .because("TIFF's blocks may be JPEG, and no other format is within another");

  @ArchTest
  static final ArchRule imageFormat =
      inner("image.format", "image.file", "image").because("a format stands for itself");

  @ArchTest
  static final ArchRule imageTransform =
      inner("image.transform", "image")
          .because("what becomes of pixels does not depend on the file that they come from");

  @ArchTest
  static final ArchRule noFormatKnowsTheDecoder =
      noClasses()
          .that()
          .resideInAPackage(ROOT + ".image.(*)")
          .should()
          .dependOnClassesThat()
          .haveNameMatching(ROOT + ".image.(ImageDecoder|ImageFiles|Orientation)(\\$.*)?")
          .because("who chooses among the formats is not known to them");

  @ArchTest
  static final ArchRule data =
      arrows("data", "image", "model", "base")
          .because("a data set gives batches to whoever asks, and does not know for what");

  @ArchTest
  static final ArchRule dataItself =
      inner("data")
          .because("what a data set is must not depend on any layout, or on any use of it");

  @ArchTest
  static final ArchRule dataFolder =
      inner("data.folder", "data").because("a layout that people make needs no other");

  @ArchTest
  static final ArchRule dataArchive =
      inner("data.archive", "data").because("an archive is read without knowing what is in it");

  @ArchTest
  static final ArchRule dataPacked =
      inner("data.packed", "data").because("a few files say all about such a data set");

  @ArchTest
  static final ArchRule dataBoxes =
      inner("data.boxes", "data.folder", "data.packed", "data")
          .because("boxes lie beside images of any layout, and are matched by their names");

  @ArchTest
  static final ArchRule dataLabels =
      inner("data.labels", "data.folder", "data")
          .because("a table of labels lies beside image files, and names them by their paths");

  @ArchTest
  static final ArchRule dataIlsvrc =
      inner("data.ilsvrc", "data.archive", "data.folder", "data")
          .because("ILSVRC comes as archives or as folders");

  @ArchTest
  static final ArchRule dataVoc =
      inner("data.voc", "data.boxes", "data.labels", "data.folder", "data")
          .because("PASCAL VOC comes as lists and boxes beside images");

  @ArchTest
  static final ArchRule dataCaltech =
      inner("data.caltech", "data.folder", "data").because("Caltech's data are class folders");

  @ArchTest
  static final ArchRule dataSource =
      inner(
              "data.source",
              "data.boxes",
              "data.labels",
              "data.voc",
              "data.ilsvrc",
              "data.packed",
              "data.folder",
              "data")
          .because("which layout it is is decided in one place, above all of them");

  @ArchTest
  static final ArchRule dataLoading =
      inner("data.loading", "data").because("batches are made of any data set, wherever it lies");

  @ArchTest
  static final ArchRule dataInspect =
      inner("data.inspect", "data.boxes", "data.loading", "data")
          .because("what is said of a data set is said of any; the sheet of samples is augmented");

  @ArchTest
  static final ArchRule weights =
      arrows("weights", "model", "base")
          .because("a model file can be read, checked and converted without building a network");

  @ArchTest
  static final ArchRule formats =
      noClasses()
          .that()
          .resideInAnyPackage(
              ROOT + ".weights.tensor..",
              ROOT + ".weights.safetensors..",
              ROOT + ".weights.format..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              room("model"),
              ROOT + ".weights",
              ROOT + ".weights.foreign..",
              ROOT + ".weights.export..")
          .because(
              "where a number lies in a file is found, and damage refused, before anyone asks what"
                  + " network it belongs to");

  @ArchTest
  static final ArchRule ourOwnFiles =
      noClasses()
          .that()
          .resideInAnyPackage(
              ROOT + ".weights", ROOT + ".weights.tensor..", ROOT + ".weights.safetensors..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              ROOT + ".weights.format..", ROOT + ".weights.foreign..", ROOT + ".weights.export..")
          .because("who has models of vgg4j needs no library for the files of others");

  @ArchTest
  static final ArchRule views =
      arrows("views", "network", "image", "model", "base")
          .because(
              "an application looks at images as the protocols do, and needs no data set for it");

  @ArchTest
  static final ArchRule descriptor =
      arrows("descriptor", "views", "network", "image", "model", "base")
          .because("an application that compares images needs neither data sets nor files of rows");

  @ArchTest
  static final ArchRule evaluate =
      arrows(
              "evaluate",
              "views",
              "parallel",
              "network",
              "image",
              "data",
              "weights" /* a model's provenance says which images it has learnt */,
              "model",
              "base")
          .because("evaluating a model must not need the code that trained it");

  @ArchTest
  static final ArchRule evaluateBoxes =
      inner("evaluate.boxes")
          .because("what a box is worth does not depend on how it was found, or on any file");

  @ArchTest
  static final ArchRule boxesOnly =
      noClasses()
          .that()
          .resideInAPackage(ROOT + ".evaluate.boxes")
          .should()
          .dependOnClassesThat(inRoomsOtherThan("evaluate", "image", "data", "base"))
          .because("boxes are scored alike, whichever network or file they come from");

  @ArchTest
  static final ArchRule parallel =
      arrows("parallel", "base")
          .because("processes add numbers for each other, and do not know what of");

  @ArchTest
  static final ArchRule embed =
      arrows("embed", "descriptor", "evaluate", "network", "image", "data", "base")
          .because(
              "rows of numbers are made here, and what is learnt from them is not its business");

  @ArchTest
  static final ArchRule svm =
      arrows("svm", "kernels", "data", "evaluate", "weights", "base")
          .because("it learns from rows of numbers, whatever computed these");

  @ArchTest
  static final ArchRule search =
      arrows(
              "search",
              "kernels",
              "descriptor",
              "network",
              "image",
              "weights" /* images that are sought are described by the model of the index */,
              "model",
              "base")
          .because("a folder of images is no data set, and an index of it needs no classes");

  @ArchTest
  static final ArchRule train =
      arrows("train", "parallel", "network", "data", "evaluate", "weights", "model", "base")
          .because("training stands on top of all these; nothing but a front end calls it");

  @ArchTest
  static final ArchRule report =
      arrows(
              "report",
              "train",
              "evaluate",
              "network" /* it measures the best model once more */,
              "data",
              "image",
              "weights",
              "model",
              "base")
          .because(
              "it looks at what a run left, and nothing that trains or measures may depend on how"
                  + " that looks: only front ends and experiments call it");

  @ArchTest
  static final ArchRule experiment =
      arrows(
              "experiment",
              "train",
              "report",
              "evaluate",
              "svm",
              "embed",
              "descriptor",
              "views",
              "image",
              "network",
              "data",
              "weights",
              "model",
              "base")
          .because("experiments use what users use: there is no second way to train or evaluate");

  @ArchTest
  static final ArchRule serve =
      arrows(
              "serve",
              "search",
              "evaluate",
              "descriptor",
              "views",
              "network",
              "image",
              "weights",
              "model",
              "base")
          .because("a service is a front end: it offers what applications have, over HTTP");

  @ArchTest
  static final ArchRule serveHttp =
      inner("serve.http")
          .because("limits for hostile clients are understood, and tested, without networks");

  @ArchTest
  static final ArchRule serveCompute =
      inner("serve.compute", "serve.http").because("a queue need not know what is computed");

  @ArchTest
  static final ArchRule serveModels =
      inner("serve.models", "serve.compute", "serve.http")
          .because("models are loaded and released whatever is asked of them");

  @ArchTest
  static final ArchRule serveInference =
      inner("serve.inference", "serve.api", "serve.models", "serve.compute", "serve.http")
          .because("another protocol asks for the same things in the same queue");

  @ArchTest
  static final ArchRule onlyTheServiceServes =
      noClasses()
          .that()
          .resideOutsideOfPackage(room("serve"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.eclipse.jetty..", "io.prometheus..")
          .because("which server and which figures there are is up to the service alone");

  @ArchTest
  static final ArchRule inProcessApi =
      noClasses()
          .that()
          .resideInAPackage(ROOT)
          .should()
          .dependOnClassesThat(
              inRoomsOtherThan(
                  "weights", "network", "image", "views", "descriptor", "model", "base"))
          .because("an application that classifies needs neither training nor the command line")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule nobodyCallsTheInProcessApi =
      noClasses()
          .that()
          .resideInAnyPackage(
              ROOMS.stream()
                  .filter(name -> !Set.of("cli", "serve").contains(name)) // front ends
                  .map(ArchitectureTest::room)
                  .toArray(String[]::new))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(ROOT)
          .because("it is a facade for applications; from inside, call the rooms behind it");

  /** What the package-info of org.vgg4j and CONTRIBUTING.md promise, besides two packages. */
  private static final Set<String> SUPPORTED_CLASSES =
      Set.of(
          ROOT + ".base.InputException",
          ROOT + ".base.VggException",
          ROOT + ".descriptor.DescriptorRecipe",
          ROOT + ".descriptor.Pooling",
          ROOT + ".image.ImageDecoder",
          ROOT + ".image.OversizedImageException",
          ROOT + ".image.RgbImage",
          ROOT + ".image.UnreadableImageException",
          ROOT + ".network.FcWeights",
          ROOT + ".views.HeatMap");

  private static final Set<String> SUPPORTED_PACKAGES = Set.of(ROOT, ROOT + ".model");

  @ArchTest
  static final ArchRule supportedApiNamesOnlySupportedTypes =
      classes()
          .that(DescribedPredicate.describe("are supported", ArchitectureTest::isSupported))
          .and()
          .arePublic()
          .should(nameOnlySupportedTypesInPublicSignatures())
          .because("who calls what is supported must not need what is not");

  @Test
  void whatIsSupportedIsSaid() throws IOException {
    String promises =
        Files.readString(Path.of("../core/src/main/java/org/vgg4j/package-info.java"));
    String contributing = Files.readString(Path.of("../CONTRIBUTING.md"));
    for (String name : SUPPORTED_CLASSES) {
      assertThat(promises).contains(name + "}");
      assertThat(contributing).contains("`" + name.replace(ROOT + ".", "….") + "`");
    }
    for (String name : SUPPORTED_PACKAGES) {
      assertThat(promises).contains(name);
      assertThat(contributing).contains("`" + name + "`");
    }
  }

  @ArchTest
  static final ArchRule cli =
      arrows(
              "cli",
              "parallel",
              "network",
              "data",
              "image",
              "views",
              "descriptor",
              "evaluate",
              "embed",
              "svm",
              "search",
              "train",
              "report",
              "experiment",
              "serve",
              "weights",
              "model",
              "base")
          .because("commands are thin: what they need of the kernels, the network room tells them");

  @ArchTest
  static final ArchRule onlyTheCliParsesCommandLines =
      noClasses()
          .that()
          .resideOutsideOfPackage(room("cli"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..")
          .because("a library's options are records, not command lines");

  @ArchTest
  static final ArchRule coreHasNoLogBackEndAndNoServer =
      noClasses()
          .that()
          .resideOutsideOfPackage(room("cli"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.slf4j.simple..",
              "org.slf4j.impl..",
              "ch.qos.logback..",
              "org.apache.logging..",
              "com.sun.net.httpserver..")
          .because("which log and which server there are is the application's choice");

  @ArchTest
  static final ArchRule onlyTheVectorKernelsSeeTheIncubator =
      noClasses()
          .that()
          .resideOutsideOfPackage(room("kernels.vector"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jdk.incubator..")
          .because(
              "a class that names the module fails to link where --add-modules"
                  + " jdk.incubator.vector is missing, and takes its callers with it");

  @ArchTest
  static final ArchRule nobodyNamesTheVectorKernels =
      noClasses()
          .that()
          .resideOutsideOfPackage(room("kernels.vector"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(room("kernels.vector"))
          .because("they are reached by the lookup, by class name, which falls back without them");

  @ArchTest
  static final ArchRule kernelsTakeTheirThreadsFromWorkers =
      noClasses()
          .that()
          .resideInAPackage(room("kernels"))
          .and()
          .haveNameNotMatching("org\\.vgg4j\\.kernels\\.Workers(\\$.*)?")
          .should()
          .callMethodWhere(
              DescribedPredicate.describe(
                  "it makes a stream parallel",
                  call ->
                      call.getTarget().getName().equals("parallelStream")
                          || (call.getTarget().getName().equals("parallel")
                              && call.getTargetOwner().isAssignableTo(BaseStream.class))))
          .orShould()
          .dependOnClassesThat()
          .haveNameMatching("java\\.util\\.concurrent\\.(ForkJoin.*|Executor.*|CompletableFuture)")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .because(
              "the caller says how many threads there are, and a sum whose order depends on who"
                  + " stole which task differs from run to run");

  @ArchTest
  static final ArchRule noCycles =
      slices()
          // Rooms, not sub-packages: kernels looks up kernels.scalar, which implements kernels.
          .matching("org.vgg4j.(*)..")
          .should()
          .beFreeOfCycles()
          .because("two rooms that call each other are one room that is harder to read");

  @ArchTest
  static final ArchRule everyPackageIsNullMarked =
      classes()
          .should(liveInANullMarkedPackage())
          .because("NullAway checks marked packages only, so an unmarked one goes unchecked");

  /** The room may call the rooms listed, and no other room. */
  private static ArchRule arrows(String room, String... mayCall) {
    String[] others = Arrays.copyOf(mayCall, mayCall.length + 1);
    others[mayCall.length] = room;
    return noClasses()
        .that()
        .resideInAPackage(room(room))
        .should()
        .dependOnClassesThat(inRoomsOtherThan(others))
        .as(room + " may call of this project only " + String.join(", ", mayCall))
        // A room that is not built yet breaks no rule.
        .allowEmptyShould(true);
  }

  /**
   * Of the rooms within its room, one may call those listed, and no other.
   *
   * @param inner without the root, such as {@code data.folder}; {@code data} are the classes that
   *     lie in no room within it
   */
  private static ArchRule inner(String inner, String... mayCall) {
    Set<String> allowed = new TreeSet<>();
    allowed.add(ROOT + "." + inner);
    for (String other : mayCall) {
      allowed.add(ROOT + "." + other);
    }
    String outer = inner.replaceFirst("\\..*", "");
    return noClasses()
        .that()
        .resideInAPackage(ROOT + "." + inner)
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "are in other rooms of " + outer,
                type ->
                    (type.getPackageName() + ".").startsWith(ROOT + "." + outer + ".")
                        && !allowed.contains(type.getPackageName())))
        .as(inner + " may call, within " + outer + ", only " + String.join(", ", mayCall));
  }

  private static DescribedPredicate<JavaClass> inRoomsOtherThan(String... allowed) {
    Set<String> forbidden = new TreeSet<>(ROOMS);
    forbidden.removeAll(Set.of(allowed));
    return JavaClass.Predicates.resideInAnyPackage(
            forbidden.stream().map(ArchitectureTest::room).toArray(String[]::new))
        .as(forbidden.stream().collect(Collectors.joining(", ", "are in ", "")));
  }

  private static String room(String name) {
    return ROOT + "." + name + "..";
  }

  /** A nested class is what the class around it is. */
  private static boolean isSupported(JavaClass type) {
    String outermost = type.getName().replaceFirst("\\$.*", "");
    return SUPPORTED_PACKAGES.contains(type.getPackageName())
        || SUPPORTED_CLASSES.contains(outermost);
  }

  private static ArchCondition<JavaClass> nameOnlySupportedTypesInPublicSignatures() {
    return new ArchCondition<>("name only supported types, or the JDK's, in public signatures") {
      @Override
      public void check(JavaClass javaClass, ConditionEvents events) {
        Set<JavaClass> named = new HashSet<>();
        javaClass.getSuperclass().ifPresent(type -> named.addAll(type.getAllInvolvedRawTypes()));
        javaClass.getInterfaces().forEach(type -> named.addAll(type.getAllInvolvedRawTypes()));
        javaClass.getMembers().stream()
            .filter(member -> member.getModifiers().contains(JavaModifier.PUBLIC))
            .forEach(member -> named.addAll(member.getAllInvolvedRawTypes()));
        for (JavaClass type : named) {
          JavaClass base = type.getBaseComponentType();
          if (base.getName().startsWith(ROOT)
              ? !isSupported(base)
              : !base.isPrimitive() && !base.getPackageName().startsWith("java")) {
            events.add(violated(javaClass, javaClass.getName() + " names " + base.getName()));
          }
        }
      }
    };
  }

  private static ArchCondition<JavaClass> liveInANullMarkedPackage() {
    return new ArchCondition<>("live in a package whose package-info.java says @NullMarked") {
      @Override
      public void check(JavaClass javaClass, ConditionEvents events) {
        JavaPackage home = javaClass.getPackage();
        if (!home.isAnnotatedWith(NullMarked.class)) {
          events.add(
              violated(
                  javaClass, javaClass.getName() + ": " + home.getName() + " has no @NullMarked"));
        }
      }
    };
  }
}
