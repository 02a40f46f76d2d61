// What a program built on Apache Commons Net does with a server. The password comes on the standard input.
// usage: java -cp commons-net.jar CommonsNetClient.java PORT USER clear|TLSv1.2|TLSv1.3 passive|active FOLDER
// FOLDER holds `file`, which goes up and comes back, and `tree`, which goes up as `up`; MLSD then leads through
// `up`, and what it names comes back as `back`. Anything that is not as it must be ends it with an exception.
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.commons.net.ftp.FTP;
import org.apache.commons.net.ftp.FTPClient;
import org.apache.commons.net.ftp.FTPFile;
import org.apache.commons.net.ftp.FTPReply;
import org.apache.commons.net.ftp.FTPSClient;
import org.apache.commons.net.util.TrustManagerUtils;

class CommonsNetClient {
  static FTPClient ftp;

  static void must(boolean condition, String what) throws Exception {
    if (!condition) throw new Exception(what + ": " + ftp.getReplyString());
  }

  static FTPClient make(String wire) {
    if (wire.equals("clear")) return new FTPClient();
    FTPSClient secure = new FTPSClient("TLS", false);
    secure.setEnabledProtocols(new String[] {wire});
    secure.setTrustManager(TrustManagerUtils.getAcceptAllTrustManager()); // self-signed
    return secure;
  }

  static void enter(int port, String user, String wire, String mode) throws Exception {
    ftp = make(wire);
    ftp.setControlEncoding("UTF-8");
    ftp.connect("127.0.0.1", port);
    must(FTPReply.isPositiveCompletion(ftp.getReplyCode()), "greeting");
    String password = new BufferedReader(new InputStreamReader(System.in)).readLine();
    must(ftp.login(user, password), "login");
    if (ftp instanceof FTPSClient) {
      ((FTPSClient) ftp).execPBSZ(0);
      ((FTPSClient) ftp).execPROT("P");
    }
    if (mode.equals("passive")) ftp.enterLocalPassiveMode();
    must(ftp.setFileType(FTP.BINARY_FILE_TYPE), "TYPE I");
  }

  static void list(String name, long size) throws Exception {
    FTPFile[] listed = ftp.listFiles();
    must(listed.length == 1 && listed[0].getName().equals(name) && listed[0].getSize() == size, "LIST");
    FTPFile[] machine = ftp.mlistDir();
    must(Arrays.stream(machine).anyMatch(f -> f.getName().equals(name) && f.isFile() && f.getSize() == size),
         "MLSD");
    must(ftp.mlistFile(name).getSize() == size, "MLST");
    must(Arrays.equals(ftp.listNames(), new String[] {name}), "NLST");
  }

  static void upload(Path here, String there) throws Exception {
    must(ftp.makeDirectory(there), "MKD " + there);
    try (DirectoryStream<Path> listing = Files.newDirectoryStream(here)) {
      for (Path entry : listing) {
        String path = there + "/" + entry.getFileName();
        if (Files.isDirectory(entry)) {
          upload(entry, path);
          continue;
        }
        try (InputStream source = Files.newInputStream(entry)) {
          must(ftp.storeFile(path, source), "STOR " + path);
        }
      }
    }
  }

  static void download(String there, Path here) throws Exception {
    Files.createDirectory(here);
    for (FTPFile file : ftp.mlistDir(there)) {
      String path = there + "/" + file.getName();
      if (file.isDirectory() && !file.getName().equals(".")) {
        download(path, here.resolve(file.getName()));
      } else if (file.isFile()) {
        try (OutputStream target = Files.newOutputStream(here.resolve(file.getName()))) {
          must(ftp.retrieveFile(path, target), "RETR " + path);
        }
      }
    }
  }

  public static void main(String[] args) throws Exception {
    byte[] bytes = Files.readAllBytes(Path.of(args[4], "file"));
    String name = "写真 集 \"1\".bin";
    enter(Integer.parseInt(args[0]), args[1], args[2], args[3]);
    must(ftp.hasFeature("MLST") && ftp.hasFeature("UTF8"), "FEAT");
    must(ftp.getSystemType().startsWith("UNIX"), "SYST");
    must(ftp.makeDirectory("夏 祭り") && ftp.changeWorkingDirectory("夏 祭り"), "MKD, CWD");
    int head = bytes.length / 2;
    must(ftp.storeFile(name, new ByteArrayInputStream(bytes, 0, head)), "STOR");
    must(ftp.appendFile(name, new ByteArrayInputStream(bytes, head, bytes.length - head)), "APPE");
    list(name, bytes.length);

    ByteArrayOutputStream back = new ByteArrayOutputStream();
    back.write(bytes, 0, 1000);
    ftp.setRestartOffset(1000);
    must(ftp.retrieveFile(name, back), "RETR after REST");
    must(Arrays.equals(back.toByteArray(), bytes), "the same bytes");

    must(ftp.rename(name, "renamed") && !ftp.deleteFile(name) && ftp.deleteFile("renamed"), "RNFR, RNTO, DELE");
    must(ftp.changeToParentDirectory() && ftp.removeDirectory("夏 祭り"), "CDUP, RMD");
    must(ftp.listFiles().length == 0, "nothing is left");
    upload(Path.of(args[4], "tree"), "up");
    download("up", Path.of(args[4], "back"));
    must(ftp.logout(), "QUIT");
    ftp.disconnect();
  }
}
